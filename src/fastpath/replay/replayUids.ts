/**
 * Uids of JSONL lines, which have none in them (protocol, scoring 7). A replayed row must replace
 * the one that is there, so it needs the very uid that that one has.
 */
import type { Verified } from '../../core/measurement/unwrap.ts';
import { rowsOfReportsSql } from '../../core/sql/fastpathTable.ts';
import { lineUidsSql } from '../../core/sql/jsonlTable.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { Identity } from './replayMessages.ts';

export interface IndexedLine {
  /** In its object, from 0. */
  readonly number: number;
  readonly identity: Identity;
}

export type FoundUid =
  | { readonly kind: 'uid'; readonly measurementUid: string; readonly isVerified: Verified }
  /** Several rows could be this line's. */
  | { readonly kind: 'ambiguous'; readonly rows: number };

/**
 * For each line, in order:
 *
 * 1. the uid that the `jsonl` table has for the line of this object;
 * 2. else the derived uid, when it has a row;
 * 3. else the uid of the one row of the same report, input and start time;
 * 4. else, when there is no such row, the derived uid.
 *
 * `is_verified`, which JSONL has not either, is what the row has, else `u`. Throws.
 */
export async function findUids(
  client: ClickHouseClient,
  s3path: string,
  lines: readonly IndexedLine[],
): Promise<FoundUid[]> {
  const [indexed, rows] = await Promise.all([
    indexedUids(client, s3path, lines),
    existingRows(client, lines),
  ]);
  return lines.map(({ number, identity }) => {
    const same = rows.get(rowKey(identity)) ?? new Map<string, Verified>();
    const uid = indexed.get(number);
    const known = uid ?? (same.has(identity.derivedUid) ? identity.derivedUid : undefined);
    if (known === undefined && same.size > 1) return { kind: 'ambiguous', rows: same.size };
    const measurementUid = known ?? [...same.keys()][0] ?? identity.derivedUid;
    return { kind: 'uid', measurementUid, isVerified: same.get(measurementUid) ?? 'u' };
  });
}

/** For the FORMAT clause that the client writes below a query. */
const CLAUSE_BYTES = 1_024;

/** A batch of report ids is longer than the 256 KiB that servers take by default. */
const sizeSettings = (query: string) => ({
  max_query_size: String(Buffer.byteLength(query) + CLAUSE_BYTES),
});

/** Uids by line number, of one object. The key of `jsonl` begins with report_id. */
async function indexedUids(
  client: ClickHouseClient,
  s3path: string,
  lines: readonly IndexedLine[],
): Promise<ReadonlyMap<number, string>> {
  const numbers = lines.map(({ number }) => number);
  const query = lineUidsSql(
    s3path,
    lines.map(({ identity }) => identity.reportId),
    Math.min(...numbers),
    Math.max(...numbers),
  );
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: sizeSettings(query),
  });
  const found = new Map<number, string>();
  type Row = { report_id: string; linenum: number; measurement_uid: string };
  const reportIds = new Map(lines.map(({ number, identity }) => [number, identity.reportId]));
  for (const row of await result.json<Row>())
    if (reportIds.get(row.linenum) === row.report_id) found.set(row.linenum, row.measurement_uid);
  return found;
}

/** Uids and is_verified of the rows of each measurement. The key begins with measurement_start_time. */
async function existingRows(
  client: ClickHouseClient,
  lines: readonly IndexedLine[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Verified>>> {
  const found = new Map<string, Map<string, Verified>>();
  const identities = lines
    .map(({ identity }) => identity)
    .filter(({ measurementStartS: startS }) => startS !== undefined && isColumnTime(startS));
  if (identities.length === 0) return found;
  const query = rowsOfReportsSql(
    identities.map(({ measurementStartS }) => measurementStartS!),
    identities.map(({ reportId }) => reportId),
  );
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: sizeSettings(query),
  });
  type Row = {
    start: number;
    report_id: string;
    input: string;
    measurement_uid: string;
    verified: Verified;
  };
  for (const row of await result.json<Row>()) {
    const key = rowKey({
      measurementStartS: row.start,
      reportId: row.report_id,
      input: row.input,
    });
    const uids = found.get(key);
    if (uids === undefined) found.set(key, new Map([[row.measurement_uid, row.verified]]));
    else uids.set(row.measurement_uid, row.verified);
  }
  return found;
}

function rowKey(row: Omit<Identity, 'derivedUid'>): string {
  return JSON.stringify([row.measurementStartS, row.reportId, row.input]);
}

/** What a DateTime holds: 32 bits. */
function isColumnTime(seconds: number): boolean {
  return seconds >= 0 && seconds < 2 ** 32;
}
