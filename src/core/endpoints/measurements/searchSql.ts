/**
 * The SQL of GET /api/v1/measurements. It reads in the order of the table's key and stops at the page
 * (docs/design/search.md): no LIMIT BY and no FINAL, which would read all rows that match. What stands
 * in the table twice comes twice (neighbours.ts).
 */
import { type Conditions, makeConditions } from '../../sql/conditions.ts';
import { BY_DOMAIN, BY_NETWORK, fromOrder, type RowOrder } from '../../sql/projections.ts';
import { clampSeconds, type Query } from '../../sql/query.ts';
import type { MeasurementSearch } from './measurementSearch.ts';
import type { SearchKey } from './searchCursor.ts';
import { addVerdict, VERDICT_COLUMNS } from './verdictFilter.ts';

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
  /** When the row was written, in milliseconds since 1970. */
  readonly updated_ms: number;
}

/** Where to go on: after a key, or from it on when versions of that row may still come; or after all of a second. */
export type SearchStart =
  | { readonly key: SearchKey; readonly inclusive: boolean }
  | { readonly afterS: number };

/** Of a SearchRow, beside `updated_ms`. */
const COLUMNS = `measurement_uid, report_id, input, probe_cc, probe_asn, test_name,
  measurement_start_time, scores, anomaly, confirmed, msm_failure, is_verified`;
const ROW = `${COLUMNS},
  toUnixTimestamp64Milli(update_time) AS updated_ms`;

const KEY = ['measurement_start_time', 'report_id', 'input', 'measurement_uid'];

/** At most `rows` rows that match, from a place on: of a measurement scored again maybe a former version alone. */
export function searchQuery(
  search: MeasurementSearch,
  start: SearchStart | undefined,
  rows: number,
): Query {
  const conditions = filters(search);
  addVerdict(conditions, search);
  addStart(conditions, search, start);
  return {
    sql: `SELECT ${ROW}
FROM fastpath
WHERE ${conditions.sql}
ORDER BY ${orderKey(search).map(direction(search)).join(', ')}
LIMIT {rows:UInt64}${settings(search)}`,
    values: { ...conditions.values, rows },
  };
}

/** A row of `seekQuery`. */
export interface SoughtKey {
  readonly start_s: number;
  readonly report_id: string;
  readonly input: string;
  readonly measurement_uid: string;
}

/** A row of `timesQuery`: seconds since 1970. */
export interface FoundTime {
  readonly start_s: number;
}

/**
 * The times of the first rows that match, `rows` at most, some of them former versions of a measurement. Of one column that
 * is narrow, and from the start's whole second on: the texts of the key are not read for it.
 */
export function timesQuery(
  search: MeasurementSearch,
  start: SearchStart | undefined,
  rows: number,
): Query {
  const conditions = filters(search);
  addVerdict(conditions, search);
  addStartTime(conditions, search, start);
  const time = KEY.slice(0, 1);
  return {
    sql: `SELECT toUnixTimestamp(measurement_start_time) AS start_s
FROM fastpath
WHERE ${conditions.sql}
ORDER BY ${orderKey(search, time).map(direction(search)).join(', ')}
LIMIT {rows:UInt64}${settings(search)}`,
    values: { ...conditions.values, rows },
  };
}

/**
 * From a place on: measurements that match as they were scored last, `rows` at most, each once. Of all versions all columns are
 * read until so many were found: of a few seconds (`times`), or of a search that is known to find them soon.
 */
export function lastVersionsQuery(
  search: MeasurementSearch,
  start: SearchStart | undefined,
  rows: number,
  times?: readonly FoundTime[],
): Query {
  // The times say more than the window; each condition is work for the planner.
  const isOfTimes = times !== undefined;
  const conditions = filters(
    isOfTimes ? { ...search, sinceMs: undefined, untilMs: undefined } : search,
  );
  if (isOfTimes)
    conditions.add(
      `measurement_start_time IN CAST({times:Array(UInt32)}, 'Array(DateTime(\\'UTC\\'))')`,
      { times: [...new Set(times.map(({ start_s }) => start_s))] },
    );
  addStart(conditions, search, start);
  const verdict = makeConditions();
  addVerdict(verdict, search);
  return {
    sql: `SELECT ${COLUMNS}, updated_ms
FROM (
  SELECT ${ROW}
  ${lastVersions(search, conditions)}
)
WHERE ${verdict.sql}
LIMIT {rows:UInt64}${settings(search)}`,
    values: { ...conditions.values, ...verdict.values, rows },
  };
}

/** Of each measurement the version that was written last. In this form the server reads on in order, and stops. */
function lastVersions(search: MeasurementSearch, conditions: Conditions): string {
  return `FROM fastpath
  WHERE ${conditions.sql}
  ORDER BY ${orderKey(search).map(direction(search)).join(', ')}, update_time DESC
  LIMIT 1 BY ${KEY.join(', ')}`;
}

/** The key of the result that is the `count`th after a place; no row where there are fewer. */
export function seekQuery(
  search: MeasurementSearch,
  start: SearchStart | undefined,
  count: number,
): Query {
  const conditions = filters(search);
  addStart(conditions, search, start);
  const verdict = makeConditions();
  addVerdict(verdict, search);
  return {
    sql: `SELECT toUnixTimestamp(measurement_start_time) AS start_s, report_id, input, measurement_uid
FROM (
  SELECT ${[...KEY, ...VERDICT_COLUMNS].join(', ')}
  ${lastVersions(search, conditions)}
)
WHERE ${verdict.sql}
LIMIT 1 OFFSET {before:UInt64}${settings(search)}`,
    values: { ...conditions.values, ...verdict.values, before: count - 1 },
  };
}

const direction =
  ({ descending }: MeasurementSearch) =>
  (column: string) =>
    `${column} ${descending ? 'DESC' : 'ASC'}`;

/** Where all rows have one domain, or one network, they lie together in that order, by time as on the page. */
function rowOrder({
  reportId,
  input,
  domains,
  probeAsns,
}: MeasurementSearch): RowOrder | undefined {
  // An index finds the few rows of a report.
  if (reportId !== undefined) return undefined;
  if (input === undefined && domains?.length === 1) return BY_DOMAIN;
  return probeAsns?.length === 1 ? BY_NETWORK : undefined;
}

/** One value of the first column, where the search has one: the same order, told so that the server sees it. */
function orderKey(search: MeasurementSearch, key: readonly string[] = KEY): readonly string[] {
  const order = rowOrder(search);
  return order === undefined ? key : [order.column, ...key];
}

/**
 * What keeps the server from reading more than the page. By default a part is shared between as many streams as the server
 * has threads, from 163,840 rows on, and each of them reads its first granules at once, all columns of them; each part
 * is read ahead of what the merge of parts takes; and in blocks of eight granules where a LIMIT does not make them less.
 */
const AS_FAR_AS_NEEDED = [
  'merge_tree_min_rows_for_concurrent_read = 10000000',
  'read_in_order_use_buffering = 0',
  'max_block_size = 8192',
].join(', ');

function settings(search: MeasurementSearch): string {
  const order = rowOrder(search);
  const from = order === undefined ? 'SETTINGS' : `${fromOrder(order)},`;
  return `\n${from} ${AS_FAR_AS_NEEDED}`;
}

/** By the time alone: the index is read by it. */
function addStartTime(
  conditions: Conditions,
  { descending }: MeasurementSearch,
  start: SearchStart | undefined,
): void {
  if (start === undefined) return;
  const [equal, start_s] = 'key' in start ? ['=', start.key.startS] : ['', start.afterS];
  const side = `${descending ? '<' : '>'}${equal}`;
  conditions.add(`measurement_start_time ${side} toDateTime({start_s:UInt32}, 'UTC')`, { start_s });
}

function addStart(
  conditions: Conditions,
  search: MeasurementSearch,
  start: SearchStart | undefined,
): void {
  addStartTime(conditions, search, start);
  if (start === undefined || !('key' in start)) return;
  const { key, inclusive } = start;
  conditions.add(
    `(${KEY.join(', ')}) ${search.descending ? '<' : '>'}${inclusive ? '=' : ''} (toDateTime({start_s:UInt32}, 'UTC'),
    {start_report_id:String}, {start_input:String}, {start_uid:String})`,
    {
      start_report_id: key.reportId,
      start_input: key.input,
      start_uid: key.measurementUid,
    },
  );
}

/** The server sees that a column has one value by `=` alone, and only then reads on in the order after it. */
function addOneOf(
  conditions: Conditions,
  column: string,
  type: string,
  list: readonly string[] | readonly number[] | undefined,
): void {
  if (list?.length === 1) conditions.equals(column, type, list[0]);
  else conditions.oneOf(column, type, list);
}

function filters(search: MeasurementSearch): Conditions {
  const conditions = makeConditions();
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
    addOneOf(conditions, 'domain', 'String', search.domains);
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
  addOneOf(conditions, 'probe_asn', 'UInt32', search.probeAsns);
  conditions.oneOf('test_name', 'String', search.testNames);
  conditions.oneOf('software_version', 'String', search.softwareVersions);
  conditions.oneOf('test_version', 'String', search.testVersions);
  conditions.oneOf('engine_version', 'String', search.engineVersions);
  conditions.equals('ooni_run_link_id', 'UInt64', search.ooniRunLinkId);
  return conditions;
}
