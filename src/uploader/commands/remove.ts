/**
 * `ooni-uploader remove`: takes the bodies of measurements out of the archive, the tables and this
 * host's spool, declared to everyone (docs/archive.md, "Removing a measurement").
 */
import type { UploaderConfig } from '../../config/uploader.ts';
import { canText } from '../../core/archive/names.ts';
import { type MeasurementUid, parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import { countMeasurementRows, type OnDeleting } from '../../edge/clickhouse/deleteRows.ts';
import { openSpoolCopies } from '../../edge/spool/copies.ts';
import type { Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import type { AfterStep } from '../common/afterStep.ts';
import { openCompressor } from '../common/compressor.ts';
import { lockSpool, openParts } from '../publish/parts.ts';
import { reindexObject } from '../published/reindexCans.ts';
import { type ApplyParts, applyPlan, forget } from '../removal/apply.ts';
import { type FindParts, type FoundObject, findObjects } from '../removal/find.ts';
import { rebuildCan } from '../removal/rebuild.ts';
import { openPlans, type RemovalPlan } from '../removal/removalPlan.ts';
import { logKeySource } from '../tlog/tlogKey.ts';
import { leavesFrom } from '../tlog/tlogLeaves.ts';

export interface RemoveOptions {
  readonly config: UploaderConfig;
  readonly configFile: string;
  readonly log: Log;
  readonly now: () => number;
  /** None: only finishes what was begun. */
  readonly uids: readonly string[];
  /** For everyone to read. */
  readonly reason: string | undefined;
  /** Says what would be done, and changes nothing. */
  readonly dryRun: boolean;
  readonly print: (line: string) => void;
  readonly afterStep?: AfterStep;
}

/** Of the reason in bytes: an entry of the log holds 64 KiB in all. */
const REASON_MAX_BYTES = 4_096;

/** Runs to the end. Throws FatalError with what an operator can do. */
export async function removeCommand(options: RemoveOptions): Promise<void> {
  const { config, configFile, log } = options;
  const uids = checkedUids(options.uids);
  const reason = checkedReason(options.reason, uids.length > 0 && !options.dryRun);
  const lock = await lockSpool(config);
  try {
    const opened = await openParts(config, configFile, log, options.afterStep ?? (() => {}));
    try {
      const parts = {
        ...opened,
        collectorId: config.collector_id,
        // openParts has seen that it is there.
        signer: logKeySource(config, configFile).read()!,
        plans: await openPlans(config.state_dir),
        copies: openSpoolCopies(config.spool_dir),
        onDeleting: deletingPrinter(options.print),
      };
      if (options.dryRun) await tell(parts, uids, options);
      else await remove(parts, uids, reason, options);
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(
      'the removal is not complete: see to what is said here, then run ooni-uploader remove again, which goes on',
      EXIT.unavailable,
      { cause: error },
    );
  } finally {
    await lock.release();
  }
}

/** Says how far a deletion is each time that it got further. */
function deletingPrinter(print: RemoveOptions['print']): OnDeleting {
  let said = '';
  return ({ table, partsLeft }) => {
    const text = `${table}: deleting rows, ${partsLeft} parts of the table to go`;
    if (text !== said) print(text);
    said = text;
  };
}

type Parts = ApplyParts & FindParts;

async function remove(
  parts: Parts,
  uids: readonly MeasurementUid[],
  reason: string,
  options: RemoveOptions,
): Promise<void> {
  const finish = async (plan: RemovalPlan) => {
    await applyPlan(parts, plan);
    for (const { uid, line } of plan.removed)
      options.print(`${uid}: removed from ${plan.can}, line ${line}`);
  };
  const begun = await parts.plans.recover();
  if (begun.length + uids.length === 0)
    throw new FatalError('no removal waits to be finished: name a measurement uid', EXIT.usage);
  for (const plan of begun) {
    options.print(`${plan.can}: going on with a removal that was begun`);
    await finish(plan);
  }
  const objects = await findObjects(parts, uids);
  for (const object of objects) {
    const plan = await planRemoval(parts, object, reason, options);
    if (plan !== undefined) await finish(plan);
  }
  const published = new Set(objects.flatMap((object) => [...object.uids]));
  const unknown: string[] = [];
  for (const { text } of uids) {
    // Also of what was taken out before: a row or a copy may have come since.
    const found = await forget(parts, [text]);
    if (published.has(text)) continue;
    if (found === 0) unknown.push(text);
    else options.print(`${text}: was not published; its copies and rows here are removed`);
  }
  if (unknown.length > 0)
    throw new FatalError(
      `no trace of ${unknown.join(', ')} in the archive, the tables and this host's spool: check the uid, and ask the host that received it`,
      EXIT.usage,
    );
}

/** Builds the new objects and writes down what is to be done; nothing when it was done before. */
async function planRemoval(
  parts: Parts,
  object: FoundObject,
  reason: string,
  { config, log, now, print }: RemoveOptions,
): Promise<RemovalPlan | undefined> {
  const { transparencyLog, plans, afterStep } = parts;
  const can = canText(object.can);
  const rebuilt = await rebuildCan({
    objects: parts.objects,
    can: object.can,
    leaves: leavesFrom(transparencyLog, object.firstLeaf, object.leaves),
    uids: object.uids,
    files: await plans.begin(object.can),
    deflater: openCompressor(config, log),
    memberBytes: config.member_bytes,
  });
  await afterStep('objects-rebuilt');
  const going = new Set(rebuilt.removed.map(({ uid }) => uid));
  for (const uid of object.uids)
    if (!going.has(uid)) print(`${uid}: was removed from ${can} before`);
  if (going.size === 0) {
    await plans.drop(can);
    // By a removal whose plan was lost with the state folder, perhaps before it had moved the rows.
    await reindexObject(parts, transparencyLog, object, String(now()));
    return undefined;
  }
  const time = `${new Date(now()).toISOString().slice(0, 19)}Z`;
  const log_size = transparencyLog.size;
  const plan: RemovalPlan = { version: 1, can, reason, time, log_size, ...rebuilt };
  await plans.save(plan);
  await afterStep('planned');
  return plan;
}

/** --dry-run */
async function tell(
  parts: Parts,
  uids: readonly MeasurementUid[],
  { print }: RemoveOptions,
): Promise<void> {
  const objects = await findObjects(parts, uids);
  for (const uid of uids) {
    const object = objects.find((one) => one.uids.has(uid.text));
    const copies = await parts.copies.of(uid);
    const rows = await countMeasurementRows(parts.clickhouse, uid.text);
    const published = object === undefined ? 'not published' : `published in ${object.key}`;
    print(`${uid.text}: ${[published, `${rows} rows`, ...copies].join('; ')}`);
  }
  print('nothing was changed');
}

function checkedUids(texts: readonly string[]): MeasurementUid[] {
  return [...new Set(texts)].map((text) => {
    const uid = parseMeasurementUid(text);
    if (uid !== undefined) return uid;
    throw new FatalError(`expected a measurement uid, found ${JSON.stringify(text)}`, EXIT.usage);
  });
}

function checkedReason(reason: string | undefined, needed: boolean): string {
  const text = (reason ?? '').trim().toWellFormed();
  if (needed && text === '')
    throw new FatalError('--reason: expected a text, for everyone to read', EXIT.usage);
  if (Buffer.byteLength(text) > REASON_MAX_BYTES)
    throw new FatalError(`--reason: expected at most ${REASON_MAX_BYTES} bytes`, EXIT.usage);
  return text;
}
