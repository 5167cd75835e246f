/** The `jsonl` table as the uploader sees it. */
import type { ClickHouseClient } from '@clickhouse/client';
import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import { textLiteral } from '../../core/sql/literal.ts';

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
    const query = `SELECT uniqExact(report_id, input, measurement_uid) AS present FROM jsonl
      WHERE (report_id, input, measurement_uid) IN (${list}) AND s3path = {s3path:String}`;
    const answer = await client.query({
      query,
      query_params: { s3path },
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
function* lists(keys: readonly BodyKey[]): Generator<string> {
  let list: string[] = [];
  let bytes = 0;
  for (const { reportId, input, measurementUid } of keys) {
    const tuple = `(${textLiteral(reportId)},${textLiteral(input)},${textLiteral(measurementUid)})`;
    list.push(tuple);
    bytes += Buffer.byteLength(tuple);
    if (bytes < LIST_BYTES) continue;
    yield list.join(',');
    list = [];
    bytes = 0;
  }
  if (list.length > 0) yield list.join(',');
}
