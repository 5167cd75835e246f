/** GET /api/v1/measurements: what is asked for (protocol, data 4.1 and 7.1). */

import { DAY_MS } from '../../time/days.ts';
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
import { MAX_CURSOR_CHARS, parseCursor, type SearchCursor } from './searchCursor.ts';
import { VERIFICATION_STATUSES, type VerificationStatus } from './verification.ts';

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
  readonly verification: VerificationStatus | undefined;
  /** Milliseconds since 1970; later than this. */
  readonly sinceMs: number | undefined;
  /** Up to and with this. */
  readonly untilMs: number | undefined;
  readonly descending: boolean;
  /** Results before the page. */
  readonly offset: number;
  /** A place not after the page's first result, to begin from; its `place` is at most `offset`. */
  readonly cursor: SearchCursor | undefined;
  readonly limit: number;
}

export type SearchCheck =
  | { readonly kind: 'ok'; readonly search: MeasurementSearch }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  /** An explicit 400. */
  | { readonly kind: 'refused'; readonly detail: string };

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
  verification_status: choice('What became of the credential', VERIFICATION_STATUSES),
  offset: integer('Rows to leave out before the page; none by default', { min: 0 }),
  cursor: text(
    'Where the page begins, as `next_url` has it: a far page costs no more than the first',
    {
      maxLength: MAX_CURSOR_CHARS,
    },
  ),
  limit: integer('Rows of a page; a large one that takes too long ends earlier, with `next_url`', {
    min: 0,
    max: MAX_LIMIT,
    otherwise: DEFAULT_LIMIT,
  }),
};

export function readMeasurementSearch(query: URLSearchParams, nowMs: number): SearchCheck {
  const reader = readParameters(query);
  const given = readAll(searchParameters, reader);
  const order = (given.order ?? 'desc').toLowerCase();
  const window = { sinceMs: given.since, untilMs: given.until };
  const cursor = given.cursor === undefined ? undefined : parseCursor(given.cursor);
  const offset = given.offset ?? cursor?.place ?? 0;
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
    verification: given.verification_status,
    ...(given.report_id === undefined ? withDefaultWindow(window, nowMs) : window),
    descending: order === 'desc',
    offset,
    // A client may ask for an earlier page with the cursor of a later one.
    cursor: cursor !== undefined && cursor.place <= offset ? cursor : undefined,
    limit: given.limit ?? DEFAULT_LIMIT,
  };
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  if (order !== 'asc' && order !== 'desc')
    return { kind: 'refused', detail: 'Invalid order parameter' };
  if (given.cursor !== undefined && cursor?.descending !== search.descending)
    return { kind: 'refused', detail: 'Invalid cursor parameter: take next_url as it is' };
  const detail = rangeFault(search);
  return detail === undefined ? { kind: 'ok', search } : { kind: 'refused', detail };
}

function withDefaultWindow(
  given: { readonly sinceMs: number | undefined; readonly untilMs: number | undefined },
  nowMs: number,
): { sinceMs: number; untilMs: number } {
  const untilMs = given.untilMs ?? Math.floor(nowMs / DAY_MS) * DAY_MS + DAY_MS;
  return { sinceMs: given.sinceMs ?? untilMs - DEFAULT_RANGE_MS, untilMs };
}

function rangeFault({ sinceMs, untilMs }: MeasurementSearch): string | undefined {
  if (sinceMs === undefined || untilMs === undefined) return undefined;
  const days = Math.floor((untilMs - sinceMs) / DAY_MS);
  if (days <= MAX_RANGE_DAYS) return undefined;
  return `Time range must not exceed 6 months. Requested: ${days} days (limit: ${MAX_RANGE_DAYS} days).`;
}
