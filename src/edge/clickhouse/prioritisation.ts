/** The tables that URL prioritisation is made from. All throw when the database does not answer. */
import {
  type Counters,
  countedWeeks,
  countersBuilder,
  type UrlCounts,
} from '../../core/prioritisation/counters.ts';
import type { RuleChange } from '../../core/prioritisation/ruleChange.ts';
import type { ListEntry, Rule } from '../../core/prioritisation/rules.ts';
import {
  changeRulesQuery,
  countersQuery,
  rulesSql,
  testListSql,
} from '../../core/sql/prioritisation.ts';
import type { ClickHouseClient } from './clickhouseClient.ts';

export async function readTestList(client: ClickHouseClient): Promise<ListEntry[]> {
  const result = await client.query({ query: testListSql, format: 'JSONEachRow' });
  return result.json<ListEntry>();
}

export interface RulesTable {
  readonly live: readonly Rule[];
  /** There never was a rule: a new table, or one that was lost. */
  readonly isEmpty: boolean;
}

export async function readRules(client: ClickHouseClient): Promise<RulesTable> {
  const result = await client.query({ query: rulesSql, format: 'JSONEachRow' });
  const rows = await result.json<Rule & { readonly is_live: number }>();
  return {
    live: rows.filter(({ is_live }) => is_live === 1).map(({ is_live: _, ...rule }) => rule),
    isEmpty: rows.length === 0,
  };
}

/** Of the weeks that count at this time. */
export async function readCounters(client: ClickHouseClient, nowMs: number): Promise<Counters> {
  const { sql, values } = countersQuery(countedWeeks(nowMs));
  const result = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  const builder = countersBuilder();
  for await (const rows of result.stream<UrlCounts>())
    for (const row of rows) builder.add(row.json());
  return builder.build();
}

/** Whether it was made: not when the rules no longer allow it. */
export async function changeRules(client: ClickHouseClient, change: RuleChange): Promise<boolean> {
  const { sql, values } = changeRulesQuery(change);
  const { summary } = await client.command({
    query: sql,
    query_params: values,
    clickhouse_settings: { wait_end_of_query: 1 },
  });
  return Number(summary?.written_rows ?? 0) > 0;
}
