/**
 * `ooni-uploader reindex`: what ClickHouse knows of the archive, made again from the archive
 * (docs/operate.md, "Restore"). Needs no key: it reads the log, and publishes nothing.
 */
import type { UploaderConfig } from '../../config/uploader.ts';
import { readLogHead } from '../../core/archive/inclusionProof.ts';
import { BrokenLog } from '../../core/archive/logReader.ts';
import { parseObjectKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import { openProgressBar } from '../../program/progressBar.ts';
import { makeRetry, type Retry } from '../common/retry.ts';
import { lockSpool, requireTables } from '../publish/parts.ts';
import { reindexObject } from '../published/reindexCans.ts';
import { type LoggedPlace, loggedPlaces, type ReadableLog } from '../tlog/tlogLeaves.ts';

export interface ReindexOptions {
  readonly config: UploaderConfig;
  readonly configFile: string;
  readonly log: Log;
  readonly now: () => number;
  /** Days of receipt, `YYYYMMDD`; undefined: all. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly collectorId: string;
  readonly print: (line: string) => void;
  readonly retry?: Retry;
}

/** Runs to the end. Throws FatalError with what an operator can do. */
export async function reindexCommand(options: ReindexOptions): Promise<void> {
  const { config, configFile, log } = options;
  // A removal meanwhile would leave rows that lead to a body which is gone.
  const lock = await lockSpool(config);
  try {
    const objects = openObjects(config.s3, configFile);
    const clickhouse = clickHouseOf(config.clickhouse, configFile, 'ooni-uploader');
    try {
      await requireTables(config, clickhouse);
      const retry = options.retry ?? makeRetry(log);
      await reindex({ objects, clickhouse, retry }, options);
    } finally {
      objects.close();
      await clickhouse.close();
    }
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw new FatalError(
      'not all rows are written: see to what is said here, then run ooni-uploader reindex again',
      EXIT.unavailable,
      { cause: error },
    );
  } finally {
    await lock.release();
  }
}

async function reindex(
  parts: Parameters<typeof reindexObject>[0],
  { log, now, from = '', to = '99999999', collectorId, print }: ReindexOptions,
): Promise<void> {
  const published = await openLog(parts.objects, collectorId);
  const once = String(now());
  const bar = openProgressBar('{value}/{total} log entries {text}');
  let objects = 0;
  let rows = 0;
  const failed: string[] = [];
  const index = async (place: LoggedPlace) => {
    const day = parseObjectKey(place.key)?.can.folder.hour.slice(0, 8);
    if (day === undefined || day < from || day > to) return;
    try {
      rows += await reindexObject(parts, published, place, once);
      objects++;
    } catch (error) {
      if (!(error instanceof FatalError)) throw error;
      failed.push(place.key);
      log.err('no rows are written of an object', { problem: errorText(error) });
    }
  };
  const progress = (through: number) => {
    if (through % 1_000 === 0 || through === published.size)
      bar.update(through, published.size, `${objects} objects, ${rows} rows`);
  };
  try {
    for await (const place of loggedPlaces(published, progress)) await index(place);
  } finally {
    bar.stop();
  }
  print(`${rows} rows of ${objects} objects are written`);
  if (failed.length > 0)
    throw new FatalError(
      `${failed.length} objects are not as they were published: not all of their rows are written`,
      EXIT.unavailable,
    );
}

async function openLog(objects: ObjectStore, collectorId: string): Promise<ReadableLog> {
  const prefix = logPrefix(collectorId);
  const readPart = logParts(objects, prefix);
  try {
    const head = await readLogHead(readPart);
    if (head !== undefined) return { readPart, size: head.checkpoint.size };
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error;
    throw new FatalError(
      `the log at ${objects.name}/${prefix} cannot be read: look into it with ooni-uploader verify`,
      EXIT.unavailable,
      { cause: error },
    );
  }
  throw new FatalError(
    `${objects.name}/${prefix} has no log: nothing was published there, or the bucket is another one`,
    EXIT.usage,
  );
}
