/** Where rows to compare with come from: ClickHouse, or a CSV export of `fastpath` with a header. */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { newestRowsQuery, uidsBetweenQuery } from '../../core/sql/fastpathTable.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import type { RowUids } from './inventedRows.ts';
import type { StoredRow, StoredRows } from './rescore.ts';

export function rowsInClickHouse(client: ClickHouseClient): StoredRows & RowUids {
  return {
    async *uids(from, before) {
      // One look through the column, whatever the days: the table is sorted by something else.
      const { sql, values } = uidsBetweenQuery(from, before ?? '');
      const answer = await client.query({
        query: sql,
        query_params: values,
        format: 'JSONCompactEachRow',
      });
      for await (const rows of answer.stream<[string]>())
        for (const row of rows) yield row.json()[0];
    },

    async find(uids) {
      if (uids.length === 0) return new Map();
      const { sql, values } = newestRowsQuery(uids);
      const answer = await client.query({
        query: sql,
        query_params: values,
        format: 'JSONEachRow',
        // ooni_run_link_id may be larger than a JavaScript number can say.
        clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
      });
      const rows = await answer.json<StoredRow>();
      return new Map(rows.map((row) => [String(row.measurement_uid), row]));
    },
    close: () => client.close(),
  };
}

type CsvRow = StoredRow & { readonly measurement_uid: string };

const NO_HEADER = 'expected a header with the column measurement_uid';

/**
 * Rows of a CSV file (`SELECT … FORMAT CSVWithNames`), held in memory: export the days that are
 * checked. Of several rows of a measurement the last one counts.
 */
export async function rowsInCsv(file: string): Promise<StoredRows & RowUids> {
  const rows = new Map<string, StoredRow>();
  const input = createReadStream(file);
  let hasHeader = false;
  // Also where no row follows: an export that failed may be one line, by which all that was published would have no row.
  const columns = (names: string[]) => {
    if (!names.includes('measurement_uid')) throw new Error(NO_HEADER);
    hasHeader = true;
    return names;
  };
  const records = parse({ columns, bom: true });
  input.once('error', (error) => records.destroy(error));
  try {
    for await (const record of input.pipe(records) as AsyncIterable<CsvRow>)
      rows.set(record.measurement_uid, record);
    if (!hasHeader) throw new Error(NO_HEADER);
  } catch (error) {
    throw new FatalError(`--rows: ${file} cannot be used`, EXIT.usage, { cause: error });
  }
  return {
    async *uids(from, before) {
      const within = [...rows.keys()].filter(
        (uid) => uid >= from && (before === undefined || uid < before),
      );
      yield* within.sort();
    },

    find: async (uids) => {
      const found = new Map<string, StoredRow>();
      for (const uid of uids) {
        const row = rows.get(uid);
        if (row !== undefined) found.set(uid, row);
      }
      return found;
    },
    close: async () => {},
  };
}
