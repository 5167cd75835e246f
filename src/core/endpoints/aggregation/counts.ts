/** The verdicts as a partition: each measurement counts in one of the first four (protocol, data 4.7). */

export interface Counts {
  readonly anomaly_count: number;
  readonly confirmed_count: number;
  readonly failure_count: number;
  readonly ok_count: number;
  readonly measurement_count: number;
}

/** SQL over `fastpath`: failure wins over confirmed, and that over anomaly. */
export const COUNTS = `countIf(anomaly = 't' AND confirmed = 'f' AND msm_failure = 'f') AS anomaly_count,
  countIf(confirmed = 't' AND msm_failure = 'f') AS confirmed_count,
  countIf(msm_failure = 't') AS failure_count,
  countIf(anomaly = 'f' AND confirmed = 'f' AND msm_failure = 'f') AS ok_count,
  count() AS measurement_count`;
