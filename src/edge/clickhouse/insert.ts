/** Inserting rows. */
import { Readable } from 'node:stream';
import type { ClickHouseClient } from '@clickhouse/client';
import { insertJsonSql } from '../../core/sql/insert.ts';
import { checkEmpty, checkWritten } from './answer.ts';

/**
 * Inserts rows given as JSON texts, one a line. Resolves when the server has confirmed each of them.
 * The same token sent again is dropped by the server, so a batch whose answer was lost can be repeated.
 * Throws the server's error, or ForeignAnswer for an answer that confirms nothing.
 */
export async function insertLines(
  client: ClickHouseClient,
  table: string,
  lines: readonly string[],
  deduplicationToken: string,
  signal?: AbortSignal,
): Promise<void> {
  const { stream, summary } = await client.exec({
    query: insertJsonSql(table),
    values: Readable.from(chunks(lines)),
    ...(signal === undefined ? {} : { abort_signal: signal }),
    clickhouse_settings: {
      insert_deduplicate: 1,
      insert_deduplication_token: deduplicationToken,
      // Scores come before reads of other kinds (protocol, scoring 2).
      priority: '5',
      wait_end_of_query: 1,
      // A user's profile may say otherwise: confirm what is only in a buffer, leave out rows that it
      // cannot read, round numbers another way than `ooni-uploader verify --rescore` expects.
      async_insert: 0,
      input_format_allow_errors_num: '0',
      input_format_allow_errors_ratio: 0,
      precise_float_parsing: 1,
    },
  });
  // The answer is empty; reading it to its end gives the connection back. A server that had begun to answer when it failed
  // says so in the body, behind a 200.
  let saidBytes = 0;
  for await (const chunk of stream) saidBytes += (chunk as Buffer).length;
  checkEmpty(saidBytes);
  checkWritten(summary, lines.length);
}

const CHUNK_CHARS = 1_048_576;

/** One text of all lines may be longer than a text can be. */
function* chunks(lines: readonly string[]): Generator<Buffer> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
