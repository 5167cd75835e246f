/** GET /api/v1/torsf_stats: Tor with Snowflake by day and country (protocol, data 4.14). */

import { makeConditions } from '../../sql/conditions.ts';
import { clampSeconds } from '../../sql/query.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { datetime, text } from '../parameters.ts';

const SETTLED_AFTER_MS = 259_200_000;

interface Rows extends RowsByQuery {
  readonly days: readonly {
    readonly measurement_start_day: string;
    readonly probe_cc: string;
    readonly anomaly_count: number;
    readonly confirmed_count: number;
    readonly failure_count: number;
    readonly measurement_count: number;
  }[];
}

export const torsfStats = endpoint({
  path: '/api/v1/torsf_stats',
  summary: 'Tor with Snowflake, by day and country',
  cacheSeconds: 60,
  parameters: {
    probe_cc: text('Country, as two letters'),
    since: datetime('Started after this'),
    until: datetime('Started up to and with this'),
  },
  read: ({ probe_cc: cc, since: sinceMs, until: untilMs }, nowMs) => ({
    kind: 'ok',
    asked: {
      cc,
      sinceMs,
      untilMs,
      settled: untilMs !== undefined && untilMs < nowMs - SETTLED_AFTER_MS,
    },
  }),
  queries({ cc, sinceMs, untilMs }) {
    const conditions = makeConditions();
    conditions.add(`test_name = 'torsf'`);
    conditions.equals('probe_cc', 'String', cc);
    if (sinceMs !== undefined)
      conditions.add(`measurement_start_time > toDateTime({since:UInt32}, 'UTC')`, {
        since: clampSeconds(sinceMs),
      });
    if (untilMs !== undefined)
      conditions.add(`measurement_start_time <= toDateTime({until:UInt32}, 'UTC')`, {
        until: clampSeconds(untilMs),
      });
    return {
      days: {
        sql: `SELECT toString(toDate(measurement_start_time)) AS measurement_start_day, probe_cc,
  countIf(anomaly = 't') AS anomaly_count, countIf(confirmed = 't') AS confirmed_count,
  countIf(msm_failure = 't') AS failure_count, count() AS measurement_count
FROM fastpath
WHERE ${conditions.sql}
GROUP BY measurement_start_day, probe_cc
ORDER BY measurement_start_day, probe_cc`,
        values: conditions.values,
      },
    };
  },
  answer: ({ days }: Rows, { settled }) => ({
    kind: 'json',
    value: {
      v: 0,
      result: days.map((row) => ({
        ...row,
        anomaly_rate: row.anomaly_count / row.measurement_count,
      })),
    },
    ...(settled ? { cacheSeconds: 86_400 } : {}),
  }),
});
