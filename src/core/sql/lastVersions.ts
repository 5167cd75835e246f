import type { Query } from './query.ts';

/**
 * Rows of `fastpath`, each measurement once as it was scored last, whether its versions are merged or not: to be read `FROM`. The conditions hold
 * for all versions of a measurement; those by verdict go around it. It reads and compares the texts of the key, so it
 * is for the rows of one network and one input or test, where a measurement more or less is seen.
 */
export function lastVersions(columns: readonly string[], conditions: string): string {
  return `(
  SELECT ${columns.join(', ')}
  FROM fastpath
  WHERE ${conditions}
  ORDER BY update_time DESC
  LIMIT 1 BY measurement_start_time, report_id, input, measurement_uid
)`;
}

/** The same of many rows: of days that are known to have measurements with several versions, and all other rows as they are. */
export function lastVersionsOfDays(
  columns: readonly string[],
  conditions: string,
  days: readonly string[],
): Query {
  const day = 'toDate(measurement_start_time)';
  const plain = (condition: string) => `SELECT ${columns.join(', ')}
  FROM fastpath
  WHERE ${condition}`;
  if (days.length === 0) return { sql: `(\n  ${plain(conditions)}\n)`, values: {} };
  const merged = lastVersions(columns, `${conditions} AND ${day} IN {version_days:Array(Date)}`);
  return {
    sql: `(
  ${plain(`${conditions} AND ${day} NOT IN {version_days:Array(Date)}`)}
  UNION ALL
  SELECT ${columns.join(', ')} FROM ${merged}
)`,
    values: { version_days: days },
  };
}
