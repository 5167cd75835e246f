/** GET /api/v1/measurements: parameters and their SQL (contract, data-api 4.1 and 7.1). */
import type { Issue } from '../validation/issues.ts';
import { readParameters } from './parameters.ts';
import { clampSeconds, type Query } from './query.ts';

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

export function readMeasurementSearch(query: URLSearchParams, nowMs: number): SearchCheck {
  const parameters = readParameters(query);
  const reportId = parameters.text('report_id', MIN_LENGTH);
  const given = {
    sinceMs: parameters.datetime('since'),
    untilMs: parameters.datetime('until'),
  };
  const order = (parameters.text('order') ?? 'desc').toLowerCase();
  parameters.choice('order_by', ['measurement_start_time']);
  const search: MeasurementSearch = {
    reportId,
    input: parameters.text('input', MIN_LENGTH),
    domains: parameters.list('domain', MIN_LENGTH),
    categoryCode: parameters.text('category_code'),
    probeCcs: parameters.list('probe_cc'),
    probeAsns: parameters.asnList('probe_asn'),
    testNames: parameters.list('test_name'),
    softwareVersions: parameters.list('software_version'),
    testVersions: parameters.list('test_version'),
    engineVersions: parameters.list('engine_version'),
    ooniRunLinkId: parameters.uint64('ooni_run_link_id'),
    anomaly: parameters.bool('anomaly'),
    confirmed: parameters.bool('confirmed'),
    failure: parameters.bool('failure'),
    ...(reportId === undefined ? withDefaultWindow(given, nowMs) : given),
    descending: order === 'desc',
    offset: parameters.integer('offset', { min: 0 }) ?? 0,
    limit: parameters.integer('limit', { min: 0, max: MAX_LIMIT }) ?? DEFAULT_LIMIT,
  };
  if (parameters.issues.length > 0) return { kind: 'invalid', issues: parameters.issues };
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
  const conditions: string[] = [];
  const values: Record<string, string | number | readonly string[] | readonly number[]> = {};
  const equals = (column: string, type: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(`${column} = {${column}:${type}}`);
    values[column] = value;
  };
  const oneOf = (
    column: string,
    type: string,
    list: readonly string[] | readonly number[] | undefined,
    otherwise?: string,
  ) => {
    if (list !== undefined) {
      conditions.push(`${column} IN {${column}:Array(${type})}`);
      values[column] = list;
    } else if (otherwise !== undefined) {
      conditions.push(otherwise);
    }
  };
  const flag = (column: string, value: boolean | undefined) =>
    equals(column, 'String', value === undefined ? undefined : value ? 't' : 'f');

  if (search.sinceMs !== undefined) {
    conditions.push(`measurement_start_time > toDateTime({since:UInt32}, 'UTC')`);
    values.since = clampSeconds(search.sinceMs);
  }
  if (search.untilMs !== undefined) {
    conditions.push(`measurement_start_time <= toDateTime({until:UInt32}, 'UTC')`);
    values.until = clampSeconds(search.untilMs);
  }
  equals('report_id', 'String', search.reportId);
  if (search.input !== undefined) {
    equals('input', 'String', search.input);
  } else {
    oneOf('domain', 'String', search.domains);
    if (search.categoryCode !== undefined) {
      // Not a join: a URL that is in several lists would multiply its measurements.
      conditions.push(
        'input IN (SELECT url FROM citizenlab WHERE category_code = {category_code:String})',
      );
      values.category_code = search.categoryCode;
    }
  }
  oneOf('probe_cc', 'String', search.probeCcs, `probe_cc != 'ZZ'`);
  oneOf('probe_asn', 'UInt32', search.probeAsns, 'probe_asn != 0');
  oneOf('test_name', 'String', search.testNames);
  oneOf('software_version', 'String', search.softwareVersions);
  oneOf('test_version', 'String', search.testVersions);
  oneOf('engine_version', 'String', search.engineVersions);
  equals('ooni_run_link_id', 'UInt64', search.ooniRunLinkId);
  flag('anomaly', search.anomaly);
  flag('confirmed', search.confirmed);
  flag('msm_failure', search.failure);

  const direction = search.descending ? 'DESC' : 'ASC';
  values.limit = search.limit;
  values.offset = search.offset;
  return {
    sql: `SELECT measurement_uid, report_id, input, probe_cc, probe_asn, test_name,
  measurement_start_time, scores, anomaly, confirmed, msm_failure, is_verified
FROM fastpath
WHERE ${conditions.join('\n  AND ')}
ORDER BY measurement_start_time ${direction}, measurement_uid ${direction}, update_time DESC
LIMIT 1 BY measurement_uid, report_id, input
LIMIT {limit:UInt32} OFFSET {offset:UInt64}`,
    values,
  };
}
