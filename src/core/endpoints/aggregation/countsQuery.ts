/** Counts of measurements, each once: from counts by day where these hold, and from the rows where they do not. */
import { type NotedDay, notedDaysQuery } from '../../sql/dayCounters.ts';
import type { Query } from '../../sql/query.ts';
import { type Aggregation, countersQuery, needs, rowsQuery } from './aggregationSql.ts';
import { countedRange, daysToMerge, daysToRead, rangeDays, touchedDays } from './dayPlan.ts';

/** Which days have changed since they were counted, or have measurements twice: to be asked first. */
export function countsPlan(asked: Aggregation): Query {
  const { first, before } = rangeDays(touchedDays(needs(asked)));
  return notedDaysQuery(first, before);
}

/** `planned`: the rows of `countsPlan`, or of a longer range; undefined where there are none to go by. */
export function countsQuery(
  asked: Aggregation,
  nowMs: number,
  planned: readonly object[] | undefined,
): Query {
  // Without a plan it is not known which days have measurements twice.
  if (planned === undefined) return rowsQuery(asked, 'all');
  const noted = planned as readonly NotedDay[];
  const range = countedRange(needs(asked));
  const read = range && daysToRead(noted, range, nowMs);
  if (range !== undefined && read !== undefined) return countersQuery(asked, range, read);
  return rowsQuery(asked, daysToMerge(noted, touchedDays(needs(asked))));
}
