/** What the operators' page asks of the database: how much was scored, and what was published last. */
import { clampSeconds, type Query } from './query.ts';

export interface HourScored {
  /** `YYYYMMDDHH` of receipt. */
  readonly hour: string;
  readonly rows: number;
}

/** Measurements of probes that were away begin long before they arrive: older ones are not counted. */
const LATEST_START_MS = 7 * 86_400_000;

/** Rows by hour of receipt, which their uids begin with. Hours as `YYYYMMDDHH`, both included. */
export function scoredByHourQuery(firstHour: string, lastHour: string, firstMs: number): Query {
  return {
    sql: `SELECT substring(measurement_uid, 1, 10) AS hour, toUInt32(uniqExact(measurement_uid)) AS rows
FROM fastpath
WHERE measurement_start_time > toDateTime({started:UInt32}, 'UTC')
  AND measurement_uid >= {first:String} AND measurement_uid < {end:String}
GROUP BY hour`,
    values: {
      started: clampSeconds(firstMs - LATEST_START_MS),
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
