/**
 * Counts by day (docs/design/day-counters.md). `network_days` and `domain_days` hold what FINAL counted of a
 * day; `counted_days` the state that the day's rows had then, and how many measurements they were. While they
 * have that state still, be they merged or not, the counts hold.
 */
import { FROM_SUMS } from './projections.ts';
import type { Query } from './query.ts';

/** In words of the projection `day_state`, which answers it without reading rows. */
export const DAY_STATE = `sum(sipHash64(measurement_start_time, report_id, input, measurement_uid, update_time,
  probe_cc, probe_asn, test_name, domain, anomaly, confirmed, msm_failure))`;

export interface CounterTable {
  readonly name: 'network_days' | 'domain_days';
  /** The columns that its counts are by, beside the day. */
  readonly columns: readonly string[];
}

/** The smaller one first. */
export const COUNTER_TABLES: readonly CounterTable[] = [
  { name: 'network_days', columns: ['probe_asn', 'probe_cc', 'test_name'] },
  { name: 'domain_days', columns: ['domain', 'probe_cc', 'test_name'] },
];

const COUNT_COLUMNS = [
  'anomaly_count',
  'confirmed_count',
  'failure_count',
  'ok_count',
  'measurement_count',
];

/** SQL that adds counts up. */
export const COUNT_SUMS = COUNT_COLUMNS.map((column) => `sum(${column}) AS ${column}`).join(', ');

/** A day whose rows are not in the state in which they were counted, or that has measurements twice. */
export interface NotedDay {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** 0 where the rows are in that state: then some measurement has several rows. */
  readonly changed: number;
  /** Rows now, versions of a measurement each for itself. */
  readonly rows: number;
  /** When it was counted last, in milliseconds since 1970; 0: never. */
  readonly counted_ms: number;
  /** When all days were looked through last, and those that were due counted. */
  readonly looked_ms: number;
}

/** In `counted_days` a row of this day says when all were looked through: no measurement can be of it. */
export const LOOKED_DAY = '2149-06-06';

/** All such days from the first on and before the last, the latest first. Days as `YYYY-MM-DD`. */
export function notedDaysQuery(first: string, before: string): Query {
  return {
    sql: `SELECT toString(day) AS day, max(state) != max(counted_state) AS changed, toUInt64(max(rows)) AS rows,
  max(counted_ms) AS counted_ms,
  (SELECT toUnixTimestamp64Milli(max(counted_at)) FROM counted_days WHERE day = {looked_day:Date}) AS looked_ms
FROM (
  SELECT toDate(measurement_start_time) AS day, count() AS rows, ${DAY_STATE} AS state,
    toUInt64(0) AS counted_state, toUInt64(0) AS measurements, toInt64(0) AS counted_ms
  FROM fastpath
  WHERE toDate(measurement_start_time) >= {first:Date} AND toDate(measurement_start_time) < {before:Date}
  GROUP BY toDate(measurement_start_time)
  UNION ALL
  SELECT day, 0, 0, argMax(state, counted_at), argMax(measurements, counted_at),
    toUnixTimestamp64Milli(max(counted_at))
  FROM counted_days
  WHERE day >= {first:Date} AND day < {before:Date}
  GROUP BY day
)
GROUP BY day
HAVING changed OR rows != max(measurements)
ORDER BY day DESC
${FROM_SUMS}`,
    values: { first, before, looked_day: LOOKED_DAY },
  };
}

/** The state of these days now; none for those without rows. */
export function dayStatesQuery(days: readonly string[]): Query {
  return {
    sql: `SELECT toString(toDate(measurement_start_time)) AS day, toString(${DAY_STATE}) AS state
FROM fastpath
WHERE toDate(measurement_start_time) IN {days:Array(Date)}
GROUP BY toDate(measurement_start_time)
${FROM_SUMS}`,
    values: { days },
  };
}

/** How many measurements these days have, as they were counted last. `day` alone would be the text, which is in no list of dates. */
export function countedMeasurementsQuery(days: readonly string[]): Query {
  return {
    sql: `SELECT toString(day) AS day, toString(sum(measurement_count)) AS measurements
FROM network_days FINAL
WHERE network_days.day IN {days:Array(Date)}
GROUP BY network_days.day`,
    values: { days },
  };
}

/**
 * Counts these days of one year anew. As one block, so that who reads meanwhile has the old counts or the
 * new ones: with zeros for what was counted before and is there no more.
 */
export function countDaysQuery(
  { name, columns }: CounterTable,
  days: readonly string[],
  counts: string,
): Query {
  const keys = [columns[0], 'day', ...columns.slice(1)].join(', ');
  const rowKeys = [columns[0], 'toDate(measurement_start_time) AS day', ...columns.slice(1)].join(
    ', ',
  );
  return {
    sql: `INSERT INTO ${name} (${keys}, ${COUNT_COLUMNS.join(', ')}, version)
SELECT ${keys}, ${COUNT_COLUMNS.map((column) => `sum(${column})`).join(', ')},
  toUnixTimestamp64Micro(now64(6))
FROM (
  SELECT ${rowKeys}, ${counts}
  FROM fastpath FINAL
  WHERE toDate(measurement_start_time) IN {days:Array(Date)}
  GROUP BY ${keys}
  UNION ALL
  SELECT ${keys}, 0, 0, 0, 0, 0
  FROM ${name}
  WHERE day IN {days:Array(Date)} AND measurement_count > 0
)
GROUP BY ${keys}
SETTINGS min_insert_block_size_rows = 100000000, min_insert_block_size_bytes = 0, max_insert_threads = 1`,
    values: { days },
  };
}
