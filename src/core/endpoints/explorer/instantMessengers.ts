/** im_networks and im_stats (protocol, data 5.2.19). */

import { INSTANT_MESSENGERS } from '../../nettests/testNames.ts';
import { lastVersions } from '../../sql/lastVersions.ts';
import { BY_NETWORK, fromOrder } from '../../sql/projections.ts';
import { IN_WINDOW, windowValues } from '../../sql/timeWindow.ts';
import { DAY_MS, dayTexts, dayWithZone } from '../../time/days.ts';
import { countsPlan, countsQuery } from '../aggregation/countsQuery.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { text } from '../parameters.ts';
import {
  countryParameter,
  networkParameter,
  readCountry,
  readCountryAndNetwork,
  refused,
} from './place.ts';
import { last31Days } from './statisticsWindow.ts';
import { wholeDays } from './wholeDays.ts';

interface NetworkRows extends RowsByQuery {
  readonly networks: readonly {
    readonly test_name: string;
    readonly probe_asn: number;
    readonly total_count: number;
    readonly last_tested: string;
  }[];
}

export const imNetworks = endpoint({
  path: '/api/_/im_networks',
  summary: 'Networks of a country that tested instant messengers, over 31 days',
  cacheSeconds: 3_600,
  parameters: countryParameter,
  read(given, nowMs) {
    const cc = readCountry(given);
    if (typeof cc !== 'string') return cc;
    return {
      kind: 'ok',
      asked: wholeDays({
        ...last31Days(nowMs),
        probeCcs: [cc],
        testNames: INSTANT_MESSENGERS,
        axes: ['test_name', 'probe_asn', 'measurement_start_day'],
      }),
    };
  },
  plan: countsPlan,
  queries(asked, nowMs, planned) {
    const { sql, values } = countsQuery(asked, nowMs, planned);
    return {
      networks: {
        sql: `SELECT axis_test_name AS test_name, axis_probe_asn AS probe_asn,
  sum(measurement_count) AS total_count, max(axis_measurement_start_day) AS last_tested
FROM (
${sql}
)
GROUP BY test_name, probe_asn ORDER BY test_name, total_count DESC, probe_asn`,
        values,
      },
    };
  },
  answer({ networks }: NetworkRows) {
    const value: Record<string, object> = {};
    for (const test of INSTANT_MESSENGERS) {
      const rows = networks.filter(({ test_name }) => test_name === test);
      if (rows.length === 0) continue;
      value[test] = {
        // Never told apart; readers expect the members.
        anomaly_networks: [],
        ok_networks: rows.map(({ probe_asn, total_count, last_tested }) => ({
          asn: probe_asn,
          name: '',
          total_count,
          last_tested,
        })),
        last_tested: rows
          .map(({ last_tested }) => last_tested)
          .sort()
          .at(-1),
      };
    }
    return { kind: 'json', value };
  },
});

interface DayRows extends RowsByQuery {
  readonly days: readonly { readonly test_day: string; readonly total_count: number }[];
}

export const imStats = endpoint({
  path: '/api/_/im_stats',
  summary: 'Measurements of an instant messenger in a network by day, over 31 days',
  cacheSeconds: 3_600,
  parameters: {
    ...countryParameter,
    ...networkParameter,
    test_name: text(INSTANT_MESSENGERS.join(', ')),
  },
  read(given, nowMs) {
    const place = readCountryAndNetwork(given);
    if (place.kind === 'refused') return place;
    const { cc, asn } = place;
    const test = given.test_name ?? '';
    if (!INSTANT_MESSENGERS.includes(test)) return refused('missing or incorrect test_name');
    return { kind: 'ok', asked: { cc, asn, test, window: last31Days(nowMs) } };
  },
  queries: ({ cc, asn, test, window }) => ({
    days: {
      sql: `SELECT toString(toDate(measurement_start_time)) AS test_day, count() AS total_count
FROM ${lastVersions(
        ['measurement_start_time'],
        `probe_cc = {cc:String} AND probe_asn = {asn:UInt32} AND test_name = {test:String}
  AND ${IN_WINDOW}`,
      )}
GROUP BY test_day
${fromOrder(BY_NETWORK)}`,
      values: { cc, asn, test, ...windowValues(window) },
    },
  }),
  // Today too, which the window leaves out: readers draw a point for it.
  answer({ days }: DayRows, { window }) {
    const counts = new Map(days.map(({ test_day, total_count }) => [test_day, total_count]));
    const results = dayTexts(window.sinceMs, window.untilMs + DAY_MS - 1).map((day) => ({
      anomaly_count: null,
      test_day: dayWithZone(day),
      total_count: counts.get(day) ?? 0,
    }));
    return { kind: 'json', value: { results } };
  },
});
