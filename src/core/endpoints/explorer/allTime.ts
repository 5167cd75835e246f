/**
 * Counts over rows of all times, each measurement once: the sums that the server keeps (0011_statistics.ts), where versions of a
 * measurement count each for itself, with the days that have any put right (docs/design/statistics.md).
 */

import {
  COUNTER_TABLES,
  type CounterTable,
  LOOKED_DAY,
  type NotedDay,
  notedDaysQuery,
} from '../../sql/dayCounters.ts';
import type { Query } from '../../sql/query.ts';
import { dayText } from '../../time/days.ts';
import { corrections, NO_CORRECTIONS } from '../aggregation/dayPlan.ts';

/** Conditions and groups hold for rows and for counts by day; `time` is the column of either. */
export interface AllTimeCounts {
  readonly table: CounterTable['name'];
  /** SQL of each group by its name. */
  groups(time: string): Readonly<Record<string, string>>;
  where?(time: string): string;
  /** Of the rows, and left out. */
  readonly without?: string;
  readonly values?: Query['values'];
}

/** Days from then on that have changed since they were counted, or have measurements twice: to be asked first. */
export function allTimePlan(sinceMs = 0): Query {
  return notedDaysQuery(dayText(sinceMs), LOOKED_DAY);
}

/** The projection of `fastpath` that has the sums, by the table of counts by day that has the same columns. */
const SUMS: Readonly<Record<CounterTable['name'], string>> = {
  network_days: 'network_months',
  domain_days: 'domain_tests',
};

/** To be read `FROM`, and at the end of the query; the server knows settings of the whole query alone. */
interface Counts extends Query {
  readonly settings: string;
}

/** Of some days: FINAL would read all counts of their years, which lie by network or domain first. */
function lastCounts(name: CounterTable['name']): string {
  const keys = ['day', ...COUNTER_TABLES.find((table) => table.name === name)!.columns].join(', ');
  return `(
    SELECT ${keys}, argMax(measurement_count, version) AS measurement_count
    FROM ${name}
    WHERE day IN {counted_days:Array(Date)}
    GROUP BY ${keys}
  )`;
}

/**
 * The groups, each with its `measurements`. Where there is no plan, and of days that are more to read than an answer
 * may cost, versions of a measurement count each for itself.
 */
export function allTimeCounts(
  { table, groups, where, without, values }: AllTimeCounts,
  nowMs: number,
  planned: readonly object[] | undefined,
): Counts {
  const { counted, read } =
    planned === undefined ? NO_CORRECTIONS : corrections(planned as readonly NotedDay[], nowMs);
  const names = Object.keys(groups('')).join(', ');
  const part = (count: string, from: string, time: string, condition?: string) => {
    const columns = Object.entries(groups(time)).map(([name, sql]) =>
      name === sql ? name : `${sql} AS ${name}`,
    );
    const conditions = [where?.(time), condition].filter((each) => each !== undefined);
    return `SELECT ${columns.join(', ')}, toInt64(${count}) AS counted
  FROM ${from}${conditions.length === 0 ? '' : `\n  WHERE ${conditions.join(' AND ')}`}
  GROUP BY ${names}`;
  };
  const TIME = 'measurement_start_time';
  const DAY = `toDate(${TIME})`;
  const parts = [part('count()', 'fastpath', TIME)];
  if (counted.length + read.length > 0)
    parts.push(part('-count()', 'fastpath', TIME, `${DAY} IN {corrected_days:Array(Date)}`));
  if (counted.length > 0) parts.push(part('sum(measurement_count)', lastCounts(table), 'day'));
  if (read.length > 0)
    parts.push(part('count()', 'fastpath FINAL', TIME, `${DAY} IN {read_days:Array(Date)}`));
  if (without !== undefined) parts.push(part('-count()', 'fastpath FINAL', TIME, without));
  return {
    sql: `(
SELECT ${names}, sum(counted) AS measurements
FROM (
  ${parts.join('\n  UNION ALL\n  ')}
)
GROUP BY ${names}
HAVING measurements > 0
)`,
    settings: `SETTINGS optimize_use_projections = 1, preferred_optimize_projection_name = '${SUMS[table]}'`,
    values: {
      ...values,
      corrected_days: [...counted, ...read],
      counted_days: counted,
      read_days: read,
    },
  };
}
