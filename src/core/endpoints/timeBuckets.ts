/** Buckets of time of the analysis (protocol, data 4.10). */
import type { TimeGrain } from '../time/timeGrain.ts';
import { choice } from './parameters.ts';

const BUCKETS: Readonly<Record<TimeGrain, string>> = {
  hour: 'toStartOfHour',
  day: 'toStartOfDay',
  week: 'toStartOfWeek',
  month: 'toStartOfMonth',
  year: 'toStartOfYear',
};

/** SQL of the start of a bucket, as `2026-07-10T00:00:00Z`. */
export function timestampSql(grain: TimeGrain): string {
  return `formatDateTime(toDateTime(${BUCKETS[grain]}(measurement_start_time), 'UTC'), '%Y-%m-%dT%H:%i:%SZ', 'UTC')`;
}

export const grainParameter = choice('Buckets of time; `auto` is `day`', [
  'hour',
  'day',
  'week',
  'month',
  'year',
  'auto',
]);

export function readGrain(given: string | undefined): TimeGrain {
  return given === undefined || given === 'auto' ? 'day' : (given as TimeGrain);
}
