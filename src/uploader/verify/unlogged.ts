/** Objects that readers of the archive would take, though no log knows them. */
import { DATA_PREFIXES, judgeKey, mayBeOnItsWay } from '../../core/archive/bucketKeys.ts';
import { readLogHead } from '../../core/archive/inclusionProof.ts';
import { BrokenLog } from '../../core/archive/logReader.ts';
import { jsonlKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { DAY_MS } from '../../core/time/days.ts';
import { dayName, hourStartMs } from '../../core/time/hours.ts';
import type { Source } from './archiveSource.ts';
import type { Report } from './report.ts';

export interface UnloggedOptions {
  readonly source: Source;
  readonly collectorId: string;
  readonly report: Report;
  readonly fromDay: string | undefined;
  readonly toDay: string | undefined;
  readonly inRange: (day: string) => boolean;
  /** Day of the log's first entry: what is older is of before the log. */
  readonly firstDay: string | undefined;
  readonly isLogged: (jsonlKey: string) => boolean;
}

/** This collector's objects that are not in the log, by key, with their hour. */
export type Unlogged = ReadonlyMap<string, { readonly jsonl: string; readonly hour: string }>;

const NO_VOUCHER = 'nothing vouches for it';
/** Objects of a collector without a log that are named each, so that they do not hide what else is found. */
const MAX_NAMED = 100;

/**
 * Reports what belongs to no host; gives this collector's objects that the log does not know, and the ids
 * of the other collectors that have a log.
 */
export async function findUnlogged(
  options: UnloggedOptions,
): Promise<{ readonly unlogged: Unlogged; readonly otherCollectors: readonly string[] }> {
  const { source, collectorId, report, inRange, firstDay = '0', isLogged } = options;
  const unlogged = new Map<string, { jsonl: string; hour: string }>();
  const foreign = new Set<string>();
  /** Other collectors: whether there is a log, and the objects that nothing vouches for. */
  const others = new Map<string, { readonly hasLog: boolean; objects: number }>();
  let older = 0;
  for (const prefix of prefixes(options.fromDay, options.toDay))
    for await (const key of source.list(prefix)) {
      const judged = judgeKey(key);
      if (judged.kind === 'can') {
        const { hour } = judged.can.folder;
        if (!inRange(hour.slice(0, 8))) continue;
        const jsonl = jsonlKey(judged.can);
        const id = judged.can.collectorId;
        if (id !== collectorId) {
          const other = others.get(id) ?? { hasLog: await hasLog(source, id), objects: 0 };
          others.set(id, other);
          if (!other.hasLog && ++other.objects <= MAX_NAMED)
            report.warning(key, `is of the collector ${id}, which has no log: ${NO_VOUCHER}`);
        } else if (!isLogged(jsonl)) unlogged.set(key, { jsonl, hour });
      } else if (judged.kind === 'foreign' && !foreign.has(key)) {
        const { days } = judged;
        if (days.length > 0 && !days.some(inRange)) continue;
        foreign.add(key);
        if (days.length > 0 && days.every((day) => day < firstDay)) older++;
        else report.problem(key, 'is no object of any host, but readers would take it');
      }
    }
  if (older > 0)
    report.warning(
      'bucket',
      `has ${older} objects of days before the log, which nothing vouches for`,
    );
  for (const [id, { objects }] of others)
    if (objects > MAX_NAMED)
      report.warning(
        'bucket',
        `has ${objects - MAX_NAMED} more of the collector ${id}: ${NO_VOUCHER}`,
      );
  const otherCollectors = [...others].flatMap(([id, other]) => (other.hasLog ? [id] : []));
  return { unlogged, otherCollectors };
}

/** Is there a log that its own key has signed? Whatever else lies in its place vouches for nothing. */
async function hasLog(source: Source, collectorId: string): Promise<boolean> {
  const prefix = logPrefix(collectorId);
  try {
    return (await readLogHead((path) => source.part(prefix + path))) !== undefined;
  } catch (error) {
    if (error instanceof BrokenLog) return false;
    throw error;
  }
}

export function reportUnlogged(unlogged: Unlogged, nowMs: number, report: Report): void {
  for (const [key, { hour }] of unlogged)
    if (mayBeOnItsWay(hour, nowMs)) report.warning(key, 'is not in the log (yet)');
    else report.problem(key, 'is not in the log');
}

/** Where to look for the objects of these days: all of the archive when a bound is missing. */
function* prefixes(fromDay: string | undefined, toDay: string | undefined): Generator<string> {
  const [raw, old] = DATA_PREFIXES;
  if (fromDay === undefined || toDay === undefined) yield raw;
  else {
    for (let ms = hourStartMs(`${fromDay}00`); dayName(ms) <= toDay; ms += DAY_MS)
      yield `${raw}${dayName(ms)}/`;
  }
  // Days are further down there.
  yield old;
}
