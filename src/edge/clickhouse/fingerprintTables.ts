/** The fingerprint tables. */
import { type Fingerprint, fingerprintFromRow } from '../../core/fingerprints/fingerprint.ts';
import type { ClickHouseClient } from './clickhouseClient.ts';

/** The fingerprints of a table, in order. Throws. */
export async function readFingerprints(
  client: ClickHouseClient,
  table: 'fingerprints_dns' | 'fingerprints_http',
): Promise<Fingerprint[]> {
  const result = await client.query({
    query: `SELECT name, scope, other_names, location_found, pattern_type, pattern,
      confidence_no_fp, expected_countries, source, exp_url, notes FROM ${table} ORDER BY position`,
    format: 'JSONEachRow',
  });
  return (await result.json<Record<string, unknown>>()).map(fingerprintFromRow);
}
