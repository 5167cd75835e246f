/** GET /api/v1/measurements: parameters and their SQL (protocol, data 4.1 and 7.1). */

import { makeConditions } from '../../sql/conditions.ts';
import { clampSeconds, type Query } from '../../sql/query.ts';
import type { Issue } from '../../validation/issues.ts';
import { readParameters } from '../parameterReader.ts';
import {
  asnList,
  bool,
  choice,
  datetime,
  integer,
  list,
  readAll,
  text,
  uint64,
} from '../parameters.ts';

export interface MeasurementSearch {
  readonly reportId: string | undefined;
  readonly input: string | undefined;
  readonly domains: readonly string[] | undefined;
  readonly categoryCode: string | undefined;
  readonly probeCcs: readonly string[] | undefined;
  readonly probeAsns: readonly number[] | undefined;
  readonly testNames: readonly string[] | undefined;
  readonly softwareVersions: readonly string[] | undefined;
  readonly testVersions: readonly string[] | undefined;
  readonly engineVersions: readonly string[] | undefined;
  readonly ooniRunLinkId: string | undefined;
  readonly anomaly: boolean | undefined;
  readonly confirmed: boolean | undefined;
  readonly failure: boolean | undefined;
  /** Milliseconds since 1970; later than this. */
  readonly sinceMs: number | undefined;
  /** Up to and with this. */
  readonly untilMs: number | undefined;
  readonly descending: boolean;
  readonly offset: number;
  readonly limit: number;
}

export type SearchCheck =
  | { readonly kind: 'ok'; readonly search: MeasurementSearch }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  /** An explicit 400. */
  | { readonly kind: 'refused'; readonly detail: string };

const DAY_MS = 86_400_000;
const DEFAULT_RANGE_MS = 30 * DAY_MS;
const MAX_RANGE_DAYS = 180;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000_000;
const MIN_LENGTH = { minLength: 3 };

export const searchParameters = {
  report_id: text(
    'Measurements of one report; without it, since and until have defaults',
    MIN_LENGTH,
  ),
  since: datetime('Started after this; by default 30 days before `until`'),
  until: datetime('Started up to and with this; by default the end of today'),
  order: text('`asc` or `desc` (the default), by time'),
  order_by: choice('There is one order', ['measurement_start_time']),
  input: text('Exactly this input', MIN_LENGTH),
  domain: list('Domains of the input, where no input is given', MIN_LENGTH),
  category_code: text('Category of the input on the test lists, where no input is given'),
  probe_cc: list('Countries, as two letters'),
  probe_asn: asnList('Networks, as AS numbers'),
  test_name: list('Tests'),
  software_version: list('Versions of the app'),
  test_version: list('Versions of the test'),
  engine_version: list('Versions of the measurement engine'),
  ooni_run_link_id: uint64('Measurements that this OONI Run link asked for'),
  anomaly: bool('With signs of interference, or without'),
  confirmed: bool('Blocked for sure, or not'),
  failure: bool('Failed measurements, or others'),
  offset: integer('Rows to leave out before the page', { min: 0, otherwise: 0 }),
  limit: integer('Rows of a page', { min: 0, max: MAX_LIMIT, otherwise: DEFAULT_LIMIT }),
};

export function readMeasurementSearch(query: URLSearchParams, nowMs: number): SearchCheck {
  const reader = readParameters(query);
  const given = readAll(searchParameters, reader);
  const order = (given.order ?? 'desc').toLowerCase();
  const window = { sinceMs: given.since, untilMs: given.until };
  const search: MeasurementSearch = {
    reportId: given.report_id,
    input: given.input,
    domains: given.domain,
    categoryCode: given.category_code,
    probeCcs: given.probe_cc,
    probeAsns: given.probe_asn,
    testNames: given.test_name,
    softwareVersions: given.software_version,
    testVersions: given.test_version,
    engineVersions: given.engine_version,
    ooniRunLinkId: given.ooni_run_link_id,
    anomaly: given.anomaly,
    confirmed: given.confirmed,
    failure: given.failure,
    ...(given.report_id === undefined ? withDefaultWindow(window, nowMs) : window),
    descending: order === 'desc',
    offset: given.offset ?? 0,
    limit: given.limit ?? DEFAULT_LIMIT,
  };
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  if (order !== 'asc' && order !== 'desc')
    return { kind: 'refused', detail: 'Invalid order parameter' };
  const detail = rangeTrouble(search);
  return detail === undefined ? { kind: 'ok', search } : { kind: 'refused', detail };
}

function withDefaultWindow(
  given: { readonly sinceMs: number | undefined; readonly untilMs: number | undefined },
  nowMs: number,
): { sinceMs: number; untilMs: number } {
  const untilMs = given.untilMs ?? Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS;
  return { sinceMs: given.sinceMs ?? untilMs - DEFAULT_RANGE_MS, untilMs };
}

function rangeTrouble({ sinceMs, untilMs }: MeasurementSearch): string | undefined {
  if (sinceMs === undefined || untilMs === undefined) return undefined;
  const days = Math.floor((untilMs - sinceMs) / DAY_MS);
  if (days <= MAX_RANGE_DAYS) return undefined;
  return `Time range must not exceed 6 months. Requested: ${days} days (limit: ${MAX_RANGE_DAYS} days).`;
}

/** The columns that the search reads, as they come from the database. */
export interface SearchRow {
  readonly measurement_uid: string;
  readonly report_id: string;
  readonly input: string;
  readonly probe_cc: string;
  readonly probe_asn: number;
  readonly test_name: string;
  readonly measurement_start_time: string;
  readonly scores: string;
  readonly anomaly: string;
  readonly confirmed: string;
  readonly msm_failure: string;
  readonly is_verified: string;
}

/**
 * One page. Ties are ordered by uid, so that pages do not overlap; a measurement that stands twice in
 * the table (parts not merged yet, or scored again) comes once, as it was scored last.
 */
export function searchQuery(search: MeasurementSearch): Query {
  const conditions = makeConditions();
  const flag = (column: string, value: boolean | undefined) =>
    conditions.equals(column, 'String', value === undefined ? undefined : value ? 't' : 'f');

  if (search.sinceMs !== undefined)
    conditions.add(`measurement_start_time > toDateTime({since:UInt32}, 'UTC')`, {
      since: clampSeconds(search.sinceMs),
    });
  if (search.untilMs !== undefined)
    conditions.add(`measurement_start_time <= toDateTime({until:UInt32}, 'UTC')`, {
      until: clampSeconds(search.untilMs),
    });
  conditions.equals('report_id', 'String', search.reportId);
  if (search.input !== undefined) {
    conditions.equals('input', 'String', search.input);
  } else {
    conditions.oneOf('domain', 'String', search.domains);
    // Not a join: a URL that is in several lists would multiply its measurements.
    if (search.categoryCode !== undefined)
      conditions.add(
        'input IN (SELECT url FROM citizenlab WHERE category_code = {category_code:String})',
        { category_code: search.categoryCode },
      );
  }
  if (search.probeCcs === undefined) conditions.add(`probe_cc != 'ZZ'`);
  if (search.probeAsns === undefined) conditions.add('probe_asn != 0');
  conditions.oneOf('probe_cc', 'String', search.probeCcs);
  conditions.oneOf('probe_asn', 'UInt32', search.probeAsns);
  conditions.oneOf('test_name', 'String', search.testNames);
  conditions.oneOf('software_version', 'String', search.softwareVersions);
  conditions.oneOf('test_version', 'String', search.testVersions);
  conditions.oneOf('engine_version', 'String', search.engineVersions);
  conditions.equals('ooni_run_link_id', 'UInt64', search.ooniRunLinkId);
  flag('anomaly', search.anomaly);
  flag('confirmed', search.confirmed);
  flag('msm_failure', search.failure);

  const direction = search.descending ? 'DESC' : 'ASC';
  return {
    sql: `SELECT measurement_uid, report_id, input, probe_cc, probe_asn, test_name,
  measurement_start_time, scores, anomaly, confirmed, msm_failure, is_verified
FROM fastpath
WHERE ${conditions.sql}
ORDER BY measurement_start_time ${direction}, measurement_uid ${direction}, update_time DESC
LIMIT 1 BY measurement_uid, report_id, input
LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
    values: { ...conditions.values, limit: search.limit, offset: search.offset },
  };
}
