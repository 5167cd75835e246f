/**
 * Rows of measurements that nobody published: a check that goes from the archive to the table finds what
 * a row lacks, and not a row that has no measurement at all.
 */
import { mayBeOnItsWay } from '../../core/archive/bucketKeys.ts';
import { readLogHead } from '../../core/archive/inclusionProof.ts';
import { BrokenLog } from '../../core/archive/logReader.ts';
import { parseObjectKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import {
  type LoggedPlace,
  leavesFrom,
  loggedPlaces,
  type ReadableLog,
} from '../tlog/tlogLeaves.ts';
import type { Source } from './archiveSource.ts';
import type { Report } from './report.ts';

export interface RowUids {
  /** Uids of all rows from `from` on and before `before`, as texts, in order; undefined: no bound. */
  uids(from: string, before: string | undefined): AsyncIterable<string>;
}

export interface InventedOptions {
  readonly rows: RowUids;
  readonly source: Source;
  /** Uids that the checked log has of an hour, `YYYYMMDDHH`. */
  readonly published: (hour: string) => AsyncIterable<string>;
  /** Hosts that share the table; undefined where they are not known. */
  readonly otherCollectors: readonly string[] | undefined;
  /** Days, `YYYYMMDD`: rows of before the first are of before the log. */
  readonly fromDay: string;
  readonly toDay: string | undefined;
  readonly nowMs: number;
  readonly report: Report;
}

/** Holds the uids of one hour. Reports each row whose measurement is in no log, though it should be. */
export async function findInventedRows(options: InventedOptions): Promise<void> {
  const { rows, source, published, otherCollectors, fromDay, toDay, nowMs, report } = options;
  const others = (otherCollectors ?? []).map((id) => openOtherLog(source, id));
  const judge = async (hour: string, uids: Set<string>) => {
    // On its way into the archive, or a while in the spool.
    if (mayBeOnItsWay(hour, nowMs)) return;
    for await (const uid of published(hour)) uids.delete(uid);
    for (const other of others) {
      if (uids.size === 0) return;
      for await (const uid of other(hour)) uids.delete(uid);
    }
    for (const uid of uids)
      if (otherCollectors !== undefined)
        report.problem(uid, 'has a row, but was not published: no log has it');
      else
        report.warning(
          uid,
          'has a row, but this log has not published it: another host, or nobody',
        );
  };
  let hour = '';
  let uids = new Set<string>();
  // Digits sort before this, so that it ends the day.
  for await (const uid of rows.uids(fromDay, toDay === undefined ? undefined : `${toDay}:`)) {
    const next = uid.slice(0, 10);
    if (next !== hour) {
      if (uids.size > 0) await judge(hour, uids);
      hour = next;
      uids = new Set();
    }
    uids.add(uid);
  }
  if (uids.size > 0) await judge(hour, uids);
}

/** Another host's log, as it is: checking it is for its own check. It is read when it is asked first. */
function openOtherLog(source: Source, id: string): (hour: string) => AsyncGenerator<string> {
  const readPart = (path: string) => source.part(logPrefix(id) + path);
  let opened: Promise<{ log: ReadableLog; places: ReadonlyMap<string, LoggedPlace[]> }> | undefined;
  const open = async () => {
    const places = new Map<string, LoggedPlace[]>();
    const log = { readPart, size: (await readLogHead(readPart))?.checkpoint.size ?? 0 };
    for await (const place of loggedPlaces(log)) {
      const hour = parseObjectKey(place.key)?.can.folder.hour ?? '';
      places.set(hour, [...(places.get(hour) ?? []), place]);
    }
    return { log, places };
  };
  return async function* (hour) {
    try {
      opened ??= open();
      const { log, places } = await opened;
      for (const { firstLeaf, leaves } of places.get(hour) ?? [])
        for await (const leaf of leavesFrom(log, firstLeaf, leaves))
          if (leaf.kind === 'published') yield leaf.uid;
    } catch (error) {
      // A log that is no log vouches for nothing.
      if (!(error instanceof BrokenLog)) throw error;
    }
  };
}
