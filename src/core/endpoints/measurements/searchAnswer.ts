/** The answer of GET /api/v1/measurements (protocol, data 4.1). */
import { isObject } from '../../json/jsonValue.ts';
import { parseJsonText } from '../../json/parseJson.ts';
import { formatAsn } from '../../measurement/asNumber.ts';
import { withMicroseconds } from '../../time/datetime.ts';
import type { MeasurementSearch } from './measurementSearch.ts';
import { searchKey } from './neighbours.ts';
import { cursorText, fitsCursor, type SearchCursor } from './searchCursor.ts';
import type { SearchRow } from './searchSql.ts';
import { verificationStatus } from './verification.ts';

/** One result as JSON text. The scores are put in as they stand in the database: 1.0 stays 1.0. */
export function searchResult(row: SearchRow, baseUrl: string): string {
  const uid = encodeURIComponent(row.measurement_uid);
  const before = {
    anomaly: row.anomaly === 't',
    confirmed: row.confirmed === 't',
    failure: row.msm_failure === 't',
    input: row.input === '' ? null : row.input,
    probe_asn: formatAsn(row.probe_asn),
    probe_cc: row.probe_cc,
    report_id: row.report_id,
  };
  const after = {
    test_name: row.test_name,
    measurement_url: `${baseUrl}/api/v1/raw_measurement?measurement_uid=${uid}`,
    measurement_start_time: withMicroseconds(row.measurement_start_time),
    measurement_uid: row.measurement_uid,
    verification_status: verificationStatus(row.is_verified),
  };
  const scores = parseJsonText(row.scores);
  const scoresText = scores.kind === 'ok' && isObject(scores.value) ? row.scores : '{}';
  return `${JSON.stringify(before).slice(0, -1)},"scores":${scoresText},${JSON.stringify(after).slice(1)}`;
}

/** What is known of a page when its last result has come. */
export interface PageEnd {
  /** Results on this page. */
  readonly rows: number;
  /** Where the next page may begin from; undefined: from the first result of all. */
  readonly cursor: SearchCursor | undefined;
  add(row: SearchRow): void;
}

export function makePageEnd({ offset, descending, cursor }: MeasurementSearch): PageEnd {
  let rows = 0;
  let last = cursor;
  return {
    get rows() {
      return rows;
    },
    get cursor() {
      return last;
    },
    add(row) {
      rows++;
      const key = searchKey(row);
      // A key that is too long for an address makes none: then it is one of the rows before it.
      if (fitsCursor(key)) last = { key, place: offset + rows, descending };
    },
  };
}

/**
 * The pagination block. `rawQuery`: the request's, without `?`. `isCut`: the page ends before its limit, and more may follow; it
 * has a result at least.
 */
export function searchMetadata(
  search: MeasurementSearch,
  end: Pick<PageEnd, 'rows' | 'cursor'>,
  queryTimeMs: number,
  baseUrl: string,
  rawQuery: string,
  isCut = false,
): Readonly<Record<string, number | string | null>> {
  const { offset, limit } = search;
  const more = isCut || (limit > 0 && end.rows >= limit);
  const count = more ? -1 : offset + end.rows;
  return {
    count,
    current_page: limit === 0 ? 1 : Math.ceil(offset / limit) + 1,
    limit,
    next_url: more ? nextUrl(search, end, baseUrl, rawQuery) : null,
    offset,
    pages: more ? -1 : limit === 0 ? 0 : Math.ceil(count / limit),
    query_time: queryTimeMs / 1000,
  };
}

function nextUrl(
  search: MeasurementSearch,
  { rows, cursor }: Pick<PageEnd, 'rows' | 'cursor'>,
  baseUrl: string,
  rawQuery: string,
): string {
  const query = new URLSearchParams(rawQuery);
  query.set('offset', String(search.offset + rows));
  query.set('limit', String(search.limit));
  if (cursor === undefined) query.delete('cursor');
  else query.set('cursor', cursorText(cursor));
  return `${baseUrl}/api/v1/measurements?${query}`;
}

/** What old Android apps get, which ask for their report without end (4.1, okhttp). */
export const OKHTTP_ANSWER = {
  metadata: {
    count: 1,
    current_page: 1,
    limit: 100,
    next_url: null,
    offset: 0,
    pages: 1,
    query_time: 0.001,
  },
  results: [
    {
      anomaly: null,
      confirmed: null,
      failure: null,
      input: null,
      probe_asn: null,
      probe_cc: null,
      report_id: null,
      scores: null,
      test_name: null,
      measurement_url: '',
      measurement_start_time: null,
      measurement_uid: null,
      verification_status: null,
    },
  ],
};
