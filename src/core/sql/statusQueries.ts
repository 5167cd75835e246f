/** What the operators' page asks of the database: how much was scored, and what was published last. */
import type { Query } from './query.ts';

export interface HourScored {
  /** `YYYYMMDDHH` of receipt. */
  readonly hour: string;
  readonly rows: number;
}

/**
 * Rows by hour of receipt, which their uids begin with. Hours as `YYYYMMDDHH`, both included. The index of uids
 * leaves out what was received before, whenever it was measured.
 */
export function scoredByHourQuery(firstHour: string, lastHour: string): Query {
  return {
    sql: `SELECT substring(measurement_uid, 1, 10) AS hour, toUInt32(uniqExact(measurement_uid)) AS rows
FROM fastpath
WHERE measurement_uid >= {first:String} AND measurement_uid < {end:String}
GROUP BY hour`,
    values: {
      first: firstHour,
      // The colon comes after all digits.
      end: `${lastHour}:`,
    },
  };
}

/** When this host's log last grew, in milliseconds since 1970; 0: never. */
export function lastLoggedQuery(collectorId: string): Query {
  return {
    sql: `SELECT toUnixTimestamp64Milli(max(update_time)) AS at_ms FROM archive_log
WHERE collector_id = {collector_id:String}`,
    values: { collector_id: collectorId },
  };
}
