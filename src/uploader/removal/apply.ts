/**
 * Carries out a planned removal (docs/archive.md, "Removing a measurement"). What declares it comes
 * first: the records and the log's entries are published before an object changes, so that no check
 * at any moment sees a change that was not declared. Each step can be repeated.
 */
import { encodeLeaf, type RemovedLeaf } from '../../core/archive/leaf.ts';
import { type CanName, jsonlKey, parseCan, tarKey } from '../../core/archive/names.ts';
import type { NoteSigner } from '../../core/archive/note.ts';
import { encodeRemoval, parseRemoval, removalPath } from '../../core/archive/removal.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { deleteRows, type OnDeleting } from '../../edge/clickhouse/deleteRows.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import { ObjectExists, type ObjectStore } from '../../edge/objects/store.ts';
import type { SpoolCopies } from '../../edge/spool/copies.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { bodyPlaces } from '../can/manifest.ts';
import type { AfterStep } from '../common/afterStep.ts';
import type { Retry } from '../common/retry.ts';
import { insertRows } from '../published/insertRows.ts';
import type { TransparencyLog } from '../tlog/tlog.ts';
import { leavesFrom } from '../tlog/tlogLeaves.ts';
import type { Plans, RemovalPlan, RemovedLine } from './removalPlan.ts';

export interface ApplyParts {
  readonly objects: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly transparencyLog: TransparencyLog;
  readonly signer: NoteSigner;
  readonly plans: Plans;
  readonly copies: SpoolCopies;
  readonly afterStep: AfterStep;
  readonly retry: Retry;
  readonly onDeleting: OnDeleting;
}

const TEXT = 'text/plain; charset=utf-8';

/** Does all that is left to do of a plan, and drops it. */
export async function applyPlan(parts: ApplyParts, plan: RemovalPlan): Promise<void> {
  const { objects, plans, afterStep } = parts;
  const can = parseCan(plan.can)!;
  const files = plans.files(plan.can);
  for (const line of plan.removed) {
    await publishRecord(parts, can, plan, line);
    await afterStep('record-published');
  }
  await publishLeaves(parts, can, plan);
  await afterStep('removal-logged');
  await objects.putFile(tarKey(can), files.tar, 'application/gzip', { replace: true });
  await afterStep('tar-replaced');
  await objects.putFile(jsonlKey(can), files.jsonl, 'application/gzip', { replace: true });
  await afterStep('jsonl-replaced');
  // The lines that stay have moved. Until their rows say so, the api reads the object from its start.
  const token = `${jsonlKey(can)}#${plan.jsonl.new_sha256}`;
  await insertRows(parts, can, bodyPlaces(plans.index(plan.can)), token);
  await afterStep('rows-moved');
  const uids = plan.removed.map(({ uid }) => uid);
  await forget(parts, uids);
  await plans.drop(plan.can);
  await afterStep('plan-dropped');
}

/** Takes measurements out of this host's spool and out of the tables. Gives how much there was. */
export async function forget(
  parts: Pick<ApplyParts, 'copies' | 'clickhouse' | 'afterStep' | 'retry' | 'onDeleting'>,
  uids: readonly string[],
): Promise<number> {
  let found = 0;
  // First what a row could be made of again.
  for (const uid of uids) found += (await parts.copies.remove(parseMeasurementUid(uid)!)).length;
  await parts.afterStep('copies-removed');
  found += await parts.retry('delete rows', () =>
    deleteRows(parts.clickhouse, uids, parts.onDeleting),
  );
  await parts.afterStep('rows-deleted');
  return found;
}

async function publishRecord(
  { objects, signer }: ApplyParts,
  can: CanName,
  plan: RemovalPlan,
  { uid, line, sha256 }: RemovedLine,
): Promise<void> {
  const record = {
    uid,
    key: jsonlKey(can),
    line,
    line_sha256: sha256,
    jsonl: plan.jsonl,
    tar: plan.tar,
    reason: plan.reason,
    time: plan.time,
  };
  const key = logPrefix(can.collectorId) + removalPath(uid);
  try {
    await objects.putBytes(key, Buffer.from(encodeRemoval(record, signer)), TEXT);
  } catch (error) {
    if (!(error instanceof ObjectExists)) throw error;
    // Begun before, and its plan was lost with the state folder: the first record stands.
    const there = await logParts(objects, logPrefix(can.collectorId))(removalPath(uid));
    const parsed = parseRemoval(String(there), signer.verifier);
    if (parsed.kind === 'ok' && parsed.record.uid === uid && parsed.record.line === line) return;
    throw new FatalError(
      `${objects.name}/${key} is there and is not this host's record of that removal: look who wrote it`,
      EXIT.unavailable,
    );
  }
}

/** Appends the removal's entries to the log, unless an earlier try has. */
async function publishLeaves(parts: ApplyParts, can: CanName, plan: RemovalPlan): Promise<void> {
  const { transparencyLog } = parts;
  const leafOf = ({ uid, line }: RemovedLine): RemovedLeaf => ({
    kind: 'removed',
    uid,
    key: jsonlKey(can),
    line,
    reason: plan.reason,
    time: plan.time,
  });
  const missing = new Map(
    plan.removed.map((line) => [line.uid, encodeLeaf(leafOf(line))] as const),
  );
  const { size } = transparencyLog;
  for await (const leaf of leavesFrom(transparencyLog, plan.log_size, size - plan.log_size))
    if (leaf.kind === 'removed' && leaf.key === jsonlKey(can)) missing.delete(leaf.uid);
  if (missing.size === 0) return;
  await transparencyLog.publish(
    (async function* () {
      yield* missing.values();
    })(),
  );
}
