/** The fingerprint tables. */
import {
  type Fingerprint,
  type FingerprintTables,
  fingerprintFromRow,
} from '../../core/fingerprints/fingerprint.ts';
import { fingerprintSetSha256 } from '../../core/fingerprints/fingerprintSet.ts';
import { parseVersion } from '../../core/sources/version.ts';
import { type FingerprintTable, fingerprintsSql } from '../../core/sql/fingerprintTables.ts';
import { FINGERPRINT_SETS_SQL, fingerprintSetQuery } from '../../core/sql/sourceTables.ts';
import type { ClickHouseClient } from './clickhouseClient.ts';
import { tableStates } from './sourceTables.ts';

const TABLES = ['fingerprints_dns', 'fingerprints_http'] as const;

/** Tries to read both tables of one set, while they are being replaced. */
const MAX_READS = 5;

/** What was read, with what the tables said of themselves before and after. */
export interface ReadFingerprints extends FingerprintTables {
  readonly mark: FingerprintMark;
}

/**
 * Both tables of one set: they are replaced together, but read one by one. Throws when one of them cannot be read.
 * `first`: the mark, where it was just asked for.
 */
export async function readFingerprintTables(
  client: ClickHouseClient,
  first?: FingerprintMark,
): Promise<ReadFingerprints> {
  let mark = first ?? (await readFingerprintMark(client));
  for (let reads = 0; reads < MAX_READS; reads++) {
    const [dns, http] = await Promise.all(TABLES.map((table) => readTable(client, table)));
    const after = await readFingerprintMark(client);
    if (after.text === mark.text) return { dns: dns!, http: http!, sha256: mark.sha256, mark };
    mark = after;
  }
  throw new Error('the tables of fingerprints changed each time that they were read');
}

/** What the tables hold, without reading them. */
export interface FingerprintMark {
  /** Differs when they were replaced, or filled, or lost rows. */
  readonly text: string;
  /** SHA-256 of the set, when `ooni-api fetch` put it in place; undefined: by hand. */
  readonly sha256: string | undefined;
}

export async function readFingerprintMark(client: ClickHouseClient): Promise<FingerprintMark> {
  const states = await tableStates(client, TABLES);
  const marks = TABLES.map((table) => {
    const { comment = '', rows = 0 } = states.get(table) ?? {};
    const version = parseVersion(comment);
    return { comment, rows, sha256: version?.rows === rows ? version.sha256 : undefined };
  });
  const [dns, http] = marks;
  return {
    text: JSON.stringify(marks),
    sha256: dns!.sha256 === http!.sha256 ? dns!.sha256 : undefined,
  };
}

/** The hashes of all sets that were ever put in place. */
export async function listFingerprintSets(client: ClickHouseClient): Promise<readonly string[]> {
  const answer = await client.query({ query: FINGERPRINT_SETS_SQL, format: 'JSONEachRow' });
  return (await answer.json<{ sha256: string }>()).map(({ sha256 }) => sha256);
}

/** The files of a set, as they were fetched: DNS, HTTP. Undefined when there is none of this hash. */
export async function readFingerprintFiles(
  client: ClickHouseClient,
  sha256: string,
): Promise<readonly [Buffer, Buffer] | undefined> {
  const { sql, values } = fingerprintSetQuery(sha256);
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  const [row] = await answer.json<{ dns: string; http: string }>();
  if (row === undefined) return undefined;
  const [dns, http] = [Buffer.from(row.dns), Buffer.from(row.http)];
  return fingerprintSetSha256(dns, http) === sha256 ? [dns, http] : undefined;
}

async function readTable(
  client: ClickHouseClient,
  table: FingerprintTable,
): Promise<Fingerprint[]> {
  const result = await client.query({ query: fingerprintsSql(table), format: 'JSONEachRow' });
  return (await result.json<Record<string, unknown>>()).map(fingerprintFromRow);
}
