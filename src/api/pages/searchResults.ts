/** A page of a search, as GET /api/v1/measurements finds it. */

import { readMeasurementSearch } from '../../core/endpoints/measurements/measurementSearch.ts';
import { makePageEnd } from '../../core/endpoints/measurements/searchAnswer.ts';
import { cursorText } from '../../core/endpoints/measurements/searchCursor.ts';
import { formatAsn } from '../../core/measurement/asNumber.ts';
import { withMicroseconds } from '../../core/time/datetime.ts';
import { issuesText } from '../../core/validation/issues.ts';
import { clientGone } from '../database.ts';
import type { PageRequest, Problem } from './page.ts';
import type { ListedMeasurement } from './parts.tsx';

export interface SearchResults {
  readonly kind: 'ok';
  readonly rows: readonly ListedMeasurement[];
  /** Where the next page begins; undefined after the last one. */
  readonly cursor: string | undefined;
}

/** `query`: parameters of the API. Throws QueryError. */
export async function searchPageOf(
  { ctx, sources, nowMs }: PageRequest,
  query: URLSearchParams,
): Promise<SearchResults | Problem> {
  const check = readMeasurementSearch(query, nowMs);
  if (check.kind === 'invalid')
    return { kind: 'problem', status: 422, detail: issuesText(check.issues) };
  if (check.kind === 'refused') return { kind: 'problem', status: 400, detail: check.detail };
  const { search } = check;
  const end = makePageEnd(search);
  const rows: ListedMeasurement[] = [];
  for await (const batch of sources.searches.rows(search, clientGone(ctx)))
    for (const row of batch) {
      end.add(row);
      rows.push({
        measurement_uid: row.measurement_uid,
        input: row.input === '' ? null : row.input,
        probe_cc: row.probe_cc,
        probe_asn: formatAsn(row.probe_asn),
        test_name: row.test_name,
        measurement_start_time: withMicroseconds(row.measurement_start_time),
        anomaly: row.anomaly === 't',
        confirmed: row.confirmed === 't',
        failure: row.msm_failure === 't',
      });
    }
  const full = rows.length >= search.limit && end.cursor !== undefined;
  return { kind: 'ok', rows, cursor: full ? cursorText(end.cursor) : undefined };
}
