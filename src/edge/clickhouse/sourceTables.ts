/**
 * Tables of outside data. A new content is loaded into tables beside the live ones, counted, and
 * exchanged with them in one statement, so that readers see the one or the other. Whatever stops in
 * between leaves the live tables as they were; the next run takes away what it left.
 */
import { randomBytes } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Held } from '../../core/sources/acceptable.ts';
import { fingerprintsJob } from '../../core/sources/fingerprintsJob.ts';
import type { Content, Job, ReplacedTable, SourceFile } from '../../core/sources/job.ts';
import type { History, HistoryEntry, Store } from '../../core/sources/store.ts';
import { parseVersion, type Version, versionText } from '../../core/sources/version.ts';
import type { EngineOptions } from '../../core/sql/migrations/engine.ts';
import type { Query } from '../../core/sql/query.ts';
import {
  countriesSql,
  countSql,
  createFormerSql,
  createLoadSql,
  dropLoadSql,
  exchangeSql,
  formerTable,
  leftoversQuery,
  loadTable,
  syncLoadSql,
  tableStatesQuery,
  versionsQuery,
} from '../../core/sql/sourceTables.ts';
import { insertLines } from './insert.ts';

/** Rows of one INSERT. */
const ROWS_AT_ONCE = 100_000;

/** The tables are not there, or are not of the kind that was said. The text says what to do. */
export class SourceTablesError extends Error {
  override readonly name = 'SourceTablesError';
}

export function openSourceTables(
  client: ClickHouseClient,
  job: Job,
  replaced: readonly ReplacedTable[],
  engine: EngineOptions,
): Store {
  const tables = replaced.map(({ table }) => table);
  const run = async (query: string) => {
    await client.command({ query });
  };

  /** One version for all tables, when each of them is whole. */
  const versionOf = async (names: readonly string[]): Promise<Version | undefined> => {
    const states = await tableStates(client, names);
    const versions = names.map((name) => {
      const state = states.get(name);
      const version = state && parseVersion(state.comment);
      return version !== undefined && version.rows === state!.rows ? version : undefined;
    });
    const [first] = versions;
    const same = versions.every((version) => version?.sha256 === first?.sha256);
    if (first === undefined || !same) return undefined;
    return { ...first, rows: versions.reduce((sum, version) => sum + version!.rows, 0) };
  };

  const checkTables = async () => {
    const states = await tableStates(client, tables);
    for (const table of tables) {
      const state = states.get(table);
      if (state === undefined)
        throw new SourceTablesError(
          `there is no table ${table}: systemctl start ooni-api-migrate.service`,
        );
      if (state.engine.startsWith('Replicated') !== (engine.cluster !== undefined))
        throw new SourceTablesError(
          engine.cluster === undefined
            ? `${table} is replicated: set fetch.cluster to the name of the cluster`
            : `${table} is not replicated, but fetch.cluster is set`,
        );
    }
  };

  const takeAwayLeftovers = async () => {
    for (const table of tables)
      for (const { name } of await rowsOf<{ name: string }>(client, leftoversQuery(table)))
        await run(dropLoadSql(name, engine));
  };

  const load = async (content: Content, name: string, into: string) => {
    const { lines } = content.tables.find(({ table }) => table === name)!;
    for (let at = 0; at < lines.length; at += ROWS_AT_ONCE)
      await insertLines(client, into, lines.slice(at, at + ROWS_AT_ONCE), `${into}-${at}`);
    if (engine.cluster !== undefined) await run(syncLoadSql(into, engine));
    const found = await count(client, into);
    if (found !== lines.length)
      throw new Error(`${into} has ${found} rows after ${lines.length} were inserted`);
  };

  return {
    current: () => versionOf(tables),
    former: () => versionOf(tables.map(formerTable)),

    async held() {
      await checkTables();
      const held = new Map<string, Held>();
      for (const { table, countries } of replaced) {
        const byCountry = await rowsOf<{ cc: string; n: number | string }>(client, {
          sql: countriesSql(table, countries),
          values: {},
        });
        held.set(table, {
          rows: await count(client, table),
          byCountry: new Map(byCountry.map(({ cc, n }) => [cc, Number(n)])),
        });
      }
      return held;
    },

    async replace(content, files, version) {
      await checkTables();
      await takeAwayLeftovers();
      if (job.name === fingerprintsJob.name) await keepSet(client, content.sha256, files);
      const id = randomBytes(8).toString('hex');
      const loads = tables.map((table) => loadTable(table, id));
      try {
        for (const [i, table] of tables.entries()) {
          const rows = content.tables.find((candidate) => candidate.table === table)!.lines.length;
          const comment = versionText({ ...version, rows });
          await run(createLoadSql(table, loads[i]!, comment, engine));
          await load(content, table, loads[i]!);
          await run(createFormerSql(table, engine));
        }
        // Another host may have put the same in place meanwhile: to exchange it with itself would lose what was
        // before it.
        if ((await versionOf(tables))?.sha256 === content.sha256) return;
        // The new content becomes live first; then the former one, now beside, its own generation.
        const live = tables.map((table, i) => [table, loads[i]!] as const);
        const former = tables.map((table, i) => [loads[i]!, formerTable(table)] as const);
        await run(exchangeSql([...live, ...former], engine));
      } finally {
        // What is left of the generation before; of a run that failed, what it has loaded.
        for (const name of loads)
          await run(dropLoadSql(name, engine)).catch(() => {
            // The server is away: the next run does it.
          });
      }
    },

    async back() {
      await checkTables();
      await run(
        exchangeSql(
          tables.map((table) => [table, formerTable(table)] as const),
          engine,
        ),
      );
    },
  };
}

export function openSourceHistory(client: ClickHouseClient): History {
  return {
    async read(job, limit) {
      const rows = await rowsOf<{
        kind: HistoryEntry['kind'];
        source: string;
        validators: string;
        sha256: string;
        rows: number | string;
        withdrawn: string;
        host: string;
        taken_at_ms: number | string;
      }>(client, versionsQuery(job, limit));
      return rows.map(
        ({ kind, source, validators, sha256, rows, withdrawn, host, taken_at_ms }) => ({
          kind,
          version: {
            sha256,
            source,
            validators: JSON.parse(validators) as Record<string, string>,
            takenAtMs: Number(taken_at_ms),
            rows: Number(rows),
          },
          withdrawn,
          host,
        }),
      );
    },
    async add(job, { kind, version, withdrawn, host }) {
      const { sha256, source, validators, takenAtMs, rows } = version;
      const row = {
        job,
        taken_at: new Date(takenAtMs).toISOString().replace('T', ' ').replace('Z', ''),
        kind,
        source,
        validators: JSON.stringify(validators),
        sha256,
        rows,
        withdrawn,
        host,
      };
      await insertLines(client, 'source_versions', [JSON.stringify(row)], `${job}-${takenAtMs}`);
    },
  };
}

/** Before the set is in use, so that none is that is not kept. */
async function keepSet(client: ClickHouseClient, sha256: string, files: readonly SourceFile[]) {
  const text = (name: string) =>
    Buffer.from(files.find((file) => file.name === name)!.bytes).toString('utf8');
  const [dns, http] = fingerprintsJob.files!.map(text);
  await insertLines(client, 'fingerprint_sets', [JSON.stringify({ sha256, dns, http })], sha256);
}

export interface TableState {
  readonly engine: string;
  readonly comment: string;
  readonly rows: number;
}

/** Of those of the tables that are there, by name. */
export async function tableStates(
  client: ClickHouseClient,
  names: readonly string[],
): Promise<ReadonlyMap<string, TableState>> {
  const rows = await rowsOf<{
    name: string;
    engine: string;
    comment: string;
    rows: number | string | null;
  }>(client, tableStatesQuery(names));
  return new Map(
    rows.map(({ name, engine, comment, rows }) => [name, { engine, comment, rows: Number(rows) }]),
  );
}

async function count(client: ClickHouseClient, table: string): Promise<number> {
  const [row] = await rowsOf<{ n: number | string }>(client, { sql: countSql(table), values: {} });
  return Number(row!.n);
}

async function rowsOf<Row>(client: ClickHouseClient, { sql, values }: Query): Promise<Row[]> {
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  return answer.json<Row>();
}
