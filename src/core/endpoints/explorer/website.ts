/** website_networks, website_stats and website_urls (protocol, data 5.2.15 to 5.2.17). */
import { lastVersions } from '../../sql/lastVersions.ts';
import { BY_NETWORK, fromOrder } from '../../sql/projections.ts';
import { IN_WINDOW, windowValues } from '../../sql/timeWindow.ts';
import { countsPlan, countsQuery } from '../aggregation/countsQuery.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { integer, text } from '../parameters.ts';
import {
  countryParameter,
  networkParameter,
  readCountry,
  readCountryAndNetwork,
  refused,
} from './place.ts';
import { last31Days, PLAIN_COUNTS } from './statisticsWindow.ts';
import { wholeDays } from './wholeDays.ts';

interface PlainCounts {
  readonly anomaly_count: number;
  readonly confirmed_count: number;
  readonly failure_count: number;
  readonly total_count: number;
}

interface NetworkRows extends RowsByQuery {
  readonly networks: readonly {
    readonly axis_probe_asn: number;
    readonly measurement_count: number;
  }[];
}

export const websiteNetworks = endpoint({
  path: '/api/_/website_networks',
  summary: 'Measurements of a country by network, over 31 days',
  cacheSeconds: 0,
  parameters: countryParameter,
  read(given, nowMs) {
    const cc = readCountry(given);
    if (typeof cc !== 'string') return cc;
    return {
      kind: 'ok',
      asked: wholeDays({ ...last31Days(nowMs), probeCcs: [cc], axes: ['probe_asn'] }),
    };
  },
  plan: countsPlan,
  queries: (asked, nowMs, planned) => ({ networks: countsQuery(asked, nowMs, planned) }),
  answer({ networks }: NetworkRows) {
    const results = networks
      .map((row) => ({ probe_asn: row.axis_probe_asn, count: row.measurement_count }))
      .sort((a, b) => b.count - a.count || a.probe_asn - b.probe_asn);
    return { kind: 'json', value: { results } };
  },
});

interface DayRows extends RowsByQuery {
  readonly days: readonly (PlainCounts & { readonly test_day: string })[];
}

export const websiteStats = endpoint({
  path: '/api/_/website_stats',
  summary: 'Measurements of a URL in a network by day, over 31 days',
  cacheSeconds: 0,
  parameters: {
    ...countryParameter,
    ...networkParameter,
    input: text('The URL, with or without a slash at its end'),
  },
  read(given) {
    const place = readCountryAndNetwork(given);
    if (place.kind === 'refused') return place;
    const { cc, asn } = place;
    if (given.input === undefined) return refused('missing input');
    const bare = given.input.replace(/\/$/, '');
    return { kind: 'ok', asked: { cc, asn, inputs: [bare, `${bare}/`] } };
  },
  queries: ({ cc, asn, inputs }, nowMs) => ({
    days: {
      sql: `SELECT toString(toDate(measurement_start_time)) AS test_day, ${PLAIN_COUNTS}
FROM ${lastVersions(
        ['measurement_start_time', 'anomaly', 'confirmed', 'msm_failure'],
        `probe_cc = {cc:String} AND probe_asn = {asn:UInt32} AND input IN {inputs:Array(String)}
  AND ${IN_WINDOW}`,
      )}
GROUP BY test_day ORDER BY test_day
${fromOrder(BY_NETWORK)}`,
      values: { cc, asn, inputs, ...windowValues(last31Days(nowMs)) },
    },
  }),
  answer: ({ days }: DayRows) => ({ kind: 'json', value: { results: days } }),
});

interface UrlRows extends RowsByQuery {
  readonly urls: readonly (PlainCounts & { readonly input: string })[];
  readonly all: readonly { readonly total_count: number }[];
}

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 10_000;

export const websiteUrls = endpoint({
  path: '/api/_/website_urls',
  summary: 'URLs measured in a network over 31 days, confirmed blocks first',
  cacheSeconds: 3_600,
  parameters: {
    ...countryParameter,
    ...networkParameter,
    limit: integer('URLs of a page', { min: Number.MIN_SAFE_INTEGER, max: MAX_LIMIT }),
    offset: integer('URLs to leave out before the page', { min: 0, otherwise: 0 }),
  },
  read(given) {
    const place = readCountryAndNetwork(given);
    if (place.kind === 'refused') return place;
    const { cc, asn } = place;
    const limit = given.limit !== undefined && given.limit > 0 ? given.limit : DEFAULT_LIMIT;
    return { kind: 'ok', asked: { cc, asn, limit, offset: given.offset ?? 0 } };
  },
  queries({ cc, asn, limit, offset }, nowMs) {
    const conditions = `probe_cc = {cc:String} AND probe_asn = {asn:UInt32} AND test_name = 'web_connectivity'
  AND ${IN_WINDOW}`;
    const values = { cc, asn, ...windowValues(last31Days(nowMs)) };
    return {
      urls: {
        sql: `SELECT input, ${PLAIN_COUNTS}
FROM ${lastVersions(['input', 'anomaly', 'confirmed', 'msm_failure'], conditions)}
GROUP BY input
ORDER BY confirmed_count DESC, total_count DESC, anomaly_count DESC, input
LIMIT {limit:UInt32} OFFSET {offset:UInt64}
${fromOrder(BY_NETWORK)}`,
        values: { ...values, limit, offset },
      },
      all: {
        sql: `SELECT uniqExact(input) AS total_count
FROM fastpath
WHERE ${conditions}
${fromOrder(BY_NETWORK)}`,
        values,
      },
    };
  },
  answer({ urls, all }: UrlRows, { cc, asn, limit, offset }, { baseUrl }) {
    const next = new URLSearchParams({
      limit: String(limit),
      offset: String(offset + limit),
      probe_asn: String(asn),
      probe_cc: cc,
    });
    const metadata = {
      offset,
      limit,
      current_page: Math.ceil(offset / limit) + 1,
      total_count: all[0]?.total_count ?? 0,
      next_url: urls.length < limit ? null : `${baseUrl}/api/_/website_urls?${next}`,
    };
    return { kind: 'json', value: { metadata, results: urls } };
  },
});
