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
