/** The fingerprint tables. */
import {
  type Fingerprint,
  type FingerprintTables,
  fingerprintFromRow,
} from '../../core/fingerprints/fingerprint.ts';
import type { ClickHouseClient } from './clickhouseClient.ts';

/** Throws when one of them cannot be read. */
export async function readFingerprintTables(client: ClickHouseClient): Promise<FingerprintTables> {
  const [dns, http] = await Promise.all([
    readTable(client, 'fingerprints_dns'),
    readTable(client, 'fingerprints_http'),
  ]);
  return { dns, http };
}

async function readTable(
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
