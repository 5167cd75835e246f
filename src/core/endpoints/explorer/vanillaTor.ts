/** GET /api/_/vanilla_tor_stats (protocol, data 5.2.18). */
import { lastVersionsOfDays } from '../../sql/lastVersions.ts';
import { monthsBeforeMs, startOfDayMs } from '../../time/days.ts';
import { daysOfVersions } from '../aggregation/dayPlan.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { allTimePlan } from './allTime.ts';
import { countryParameter, readCountry } from './place.ts';

interface Rows extends RowsByQuery {
  readonly networks: readonly {
    readonly probe_asn: number;
    readonly failure_count: number;
    readonly anomaly_count: number;
    readonly total_count: number;
    readonly last_tested: string;
  }[];
}

const MONTHS = 6;
/** A network counts as not working below this share of successes, if it was measured more often than that. */
const OK_SHARE = 0.6;
const MIN_MEASUREMENTS = 5;

export const vanillaTorStats = endpoint({
  path: '/api/_/vanilla_tor_stats',
  summary: 'How Tor works in the networks of a country, over six months',
  cacheSeconds: 0,
  parameters: countryParameter,
  read(given, nowMs) {
    const cc = readCountry(given);
    if (typeof cc !== 'string') return cc;
    return { kind: 'ok', asked: { cc, sinceMs: monthsBeforeMs(startOfDayMs(nowMs), MONTHS) } };
  },
  plan: ({ sinceMs }) => allTimePlan(sinceMs),
  queries({ cc, sinceMs }, _, planned) {
    const rows = lastVersionsOfDays(
      ['probe_asn', 'measurement_start_time', 'anomaly', 'msm_failure'],
      `test_name = 'vanilla_tor' AND probe_cc = {cc:String}
    AND measurement_start_time > toDateTime({since:UInt32}, 'UTC')`,
      daysOfVersions(planned),
    );
    return {
      networks: {
        sql: `SELECT probe_asn, countIf(msm_failure = 't') AS failure_count,
  countIf(anomaly = 't') AS anomaly_count, count() AS total_count,
  toString(toDate(max(measurement_start_time))) AS last_tested
FROM ${rows.sql}
GROUP BY probe_asn ORDER BY probe_asn`,
        values: { cc, since: sinceMs / 1000, ...rows.values },
      },
    };
  },
  answer({ networks }: Rows) {
    const results = networks.map((row) => ({
      failure_count: row.failure_count,
      last_tested: row.last_tested,
      probe_asn: row.probe_asn,
      success_count: row.total_count - row.anomaly_count,
      total_count: row.total_count,
      // No column holds it; readers expect the members.
      test_runtime_avg: null,
      test_runtime_max: null,
      test_runtime_min: null,
    }));
    const notok = results.filter(
      ({ total_count, success_count }) =>
        total_count > MIN_MEASUREMENTS && success_count / total_count < OK_SHARE,
    );
    const last = results.map(({ last_tested }) => last_tested).sort();
    return {
      kind: 'json',
      value: {
        networks: results,
        notok_networks: notok.length,
        last_tested: last.at(-1) ?? null,
      },
    };
  },
});
