/** The `jsonl` table as the uploader sees it. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import { keyTuple, presentRowsSql } from '../../core/sql/jsonlTable.ts';

/** Text of one IN list, unless a single key is longer. */
const LIST_BYTES = 131_072;

/**
 * How many of these rows, no two alike, the table has for the object; each counts once. Looked up by the table's
 * sort key, so that the size of the table does not matter.
 */
export async function countRows(
  client: ClickHouseClient,
  s3path: string,
  keys: readonly BodyKey[],
): Promise<number> {
  let present = 0;
  for (const list of lists(keys)) {
    const query = presentRowsSql(s3path, list);
    const answer = await client.query({
      query,
      format: 'JSONEachRow',
      // An input may be longer than all that the server takes by default.
      clickhouse_settings: { max_query_size: String(Buffer.byteLength(query) + LIST_BYTES) },
    });
    const rows = await answer.json<{ present: number | string }>();
    present += Number(rows[0]!.present);
  }
  return present;
}

/** Keys as SQL tuples, in lists of bounded size. */
function* lists(keys: readonly BodyKey[]): Generator<readonly string[]> {
  let list: string[] = [];
  let bytes = 0;
  for (const key of keys) {
    const tuple = keyTuple(key);
    list.push(tuple);
    bytes += Buffer.byteLength(tuple);
    if (bytes < LIST_BYTES) continue;
    yield list;
    list = [];
    bytes = 0;
  }
  if (list.length > 0) yield list;
}
