/** Where in their logs objects are, as the table `archive_log` has it: a hint, the log itself decides. */
import { type LoggedObject, loggedObjectsQuery } from '../../core/sql/archiveLog.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Retry } from '../common/retry.ts';
import type { LoggedPlace } from '../tlog/tlogLeaves.ts';

export interface LookupParts {
  readonly objects: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly retry: Retry;
}

/** The places of those of these objects that the table knows. */
export async function placesInTable(
  parts: Pick<LookupParts, 'clickhouse' | 'retry'>,
  keys: readonly string[],
): Promise<LoggedPlace[]> {
  if (keys.length === 0) return [];
  const { sql, values } = loggedObjectsQuery(keys);
  const rows = await parts.retry('look for objects in archive_log', async () => {
    const answer = await parts.clickhouse.query({
      query: sql,
      query_params: values,
      format: 'JSONEachRow',
    });
    return answer.json<LoggedObject>();
  });
  return rows.map((row) => ({
    key: row.s3path,
    firstLeaf: Number(row.first_leaf),
    leaves: Number(row.leaves),
  }));
}
