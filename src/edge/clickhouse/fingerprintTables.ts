/** The fingerprint tables. */
import {
  type Fingerprint,
  type FingerprintTables,
  fingerprintFromRow,
} from '../../core/fingerprints/fingerprint.ts';
import { type FingerprintTable, fingerprintsSql } from '../../core/sql/fingerprintTables.ts';
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
  table: FingerprintTable,
): Promise<Fingerprint[]> {
  const result = await client.query({ query: fingerprintsSql(table), format: 'JSONEachRow' });
  return (await result.json<Record<string, unknown>>()).map(fingerprintFromRow);
}
