/**
 * What is done with a finished can, each step safe to repeat (protocol, archive 2):
 * upload both objects, insert the rows; then (tlogQueue.ts) publish the log; then let the
 * measurements go. Deletion is last, and only of what the can's index names.
 */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { type CanName, jsonlKey, tarKey } from '../../core/archive/names.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { isRowError } from '../../edge/clickhouse/clickhouseErrors.ts';
import { insertLines } from '../../edge/clickhouse/insert.ts';
import { countRows } from '../../edge/clickhouse/jsonlTable.ts';
import { DamagedUpload, ObjectExists, type ObjectStore } from '../../edge/objects/store.ts';
import type { Hours } from '../../edge/spool/hours.ts';
import { FatalError } from '../../program/cli.ts';
import { bodyPlaces, canOf, type Manifest } from '../can/manifest.ts';
import { adviceAt, CanTrouble, type Outgoing } from '../can/outgoing.ts';
import { bucketTrouble, clickhouseTrouble } from '../common/advice.ts';
import type { AfterStep } from '../common/afterStep.ts';
import type { Retry } from '../common/retry.ts';
import { contentToken, type RowBunch, rowBunches } from '../published/insertRows.ts';
import type { PublishedCans } from './publishedCans.ts';

export interface StepParts {
  readonly outgoing: Outgoing;
  readonly hours: Hours;
  readonly objects: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly published: PublishedCans;
  readonly afterStep: AfterStep;
  readonly retry: Retry;
}

/**
 * Puts both objects into the bucket. Throws ObjectExists when a key is taken by other bytes, DamagedUpload
 * when the bucket does not hold what was sent, CanTrouble when a file is not as it was built.
 */
export async function uploadCan(parts: StepParts, manifest: Manifest): Promise<Manifest> {
  const { outgoing, objects, afterStep } = parts;
  const can = canOf(manifest);
  const files = outgoing.files(manifest.can);
  const put = async (key: string, file: string, sizeBytes: number) => {
    await checkSize(can, file, sizeBytes);
    try {
      await objects.putFile(key, file, 'application/gzip');
    } catch (error) {
      if (error instanceof ObjectExists || error instanceof DamagedUpload) throw error;
      throw bucketTrouble(`upload ${key} to ${objects.name}`, error);
    }
  };
  await put(tarKey(can), files.tar, manifest.tar_bytes);
  await afterStep('tar-uploaded');
  await put(jsonlKey(can), files.jsonl, manifest.jsonl_bytes);
  await afterStep('jsonl-uploaded');
  const uploaded: Manifest = { ...manifest, step: 'uploaded' };
  await outgoing.save(uploaded, { durable: false });
  await afterStep('uploaded');
  return uploaded;
}

/** What a power cut or a full disk left incomplete must not be published under the can's name. */
async function checkSize(can: CanName, file: string, sizeBytes: number): Promise<void> {
  const found = await stat(file).catch((error) => {
    throw new CanTrouble(can, `${file} cannot be read. ${adviceAt('built')}`, error);
  });
  if (found.size !== sizeBytes)
    throw new CanTrouble(
      can,
      `${file}: expected ${sizeBytes} bytes, found ${found.size}. ${adviceAt('built')}`,
    );
}

/**
 * Inserts the rows of a can and asks the table for them. `repeated`: an earlier try may have
 * inserted them, so the table is asked first. Throws CanTrouble when the server has no place for them.
 */
export async function indexCan(
  parts: StepParts,
  manifest: Manifest,
  repeated: boolean,
): Promise<Manifest> {
  const { outgoing, clickhouse, afterStep, retry } = parts;
  const can = canOf(manifest);
  const key = jsonlKey(can);
  const insertBunch = async ({ rows, keys }: RowBunch) => {
    const expected = rows.length;
    const missing = async () =>
      expected - (await retry('ask for rows of jsonl', () => countRows(clickhouse, key, keys)));
    const insert = async (token: string) => {
      await retry('insert into jsonl', () => insertLines(clickhouse, 'jsonl', rows, token));
      await afterStep('rows-inserted');
      return missing();
    };
    if (!repeated || (await missing()) > 0) {
      const token = contentToken(key, rows);
      // The server drops what it remembers under a token, also when the rows were deleted since.
      const lost = (await insert(token)) && (await insert(`${token}#${randomUUID()}`));
      if (lost > 0)
        throw new CanTrouble(
          can,
          `${lost} of the ${expected} rows of ${key} are not in jsonl after they were inserted: check what ClickHouse does with them`,
        );
    }
  };
  try {
    // No row for a {} line (protocol, archive 2.6).
    for await (const bunch of rowBunches(can, bodyPlaces(outgoing.index(manifest))))
      await insertBunch(bunch);
  } catch (error) {
    if (error instanceof FatalError) throw error;
    if (isRowError(error))
      throw new CanTrouble(
        can,
        `ClickHouse refuses the rows of ${key}: check its tables with ooni-api migrate`,
        error,
      );
    throw clickhouseTrouble(`insert the rows of ${key} into ClickHouse`, error);
  }
  const indexed: Manifest = { ...manifest, step: 'indexed' };
  await outgoing.save(indexed, { durable: false });
  await afterStep('indexed');
  return indexed;
}

/** Lets go of a can that is published whole: measurements, then local files, then the manifest. */
export async function clearCan(parts: StepParts, manifest: Manifest): Promise<void> {
  const { outgoing, hours, published, afterStep } = parts;
  const can = canOf(manifest);
  async function* uids() {
    for await (const { uid } of outgoing.index(manifest)) yield uid;
  }
  await hours.clear(can.folder, uids(), () => afterStep('measurements-deleted'));
  await afterStep('folder-cleared');
  // The name is remembered before the manifest, which remembers it too, goes.
  await published.add(can);
  await afterStep('name-remembered');
  await outgoing.remove(manifest);
  await afterStep('removed');
}
