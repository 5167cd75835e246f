/**
 * `make bench`: runs the benchmarks one after the other, gathers their rows into one table, and names
 * those that fell by more than a tenth since the last one recorded of this machine.
 *
 *     node --import=tsx scripts/bench.ts [--record] [--out FILE] [NAME…]
 *
 * NAME: benchmarks by their file's name (api, search, …); all of them else. `--record` keeps the table in
 * docs/performance.json and docs/performance.md; rows that were not measured in this run stay as they were recorded.
 * $BENCH_MACHINE names the machine; its host name else.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROWS_FILE } from '../bench/support/report.ts';
import {
  type BenchRow,
  type BenchTable,
  changes,
  changesText,
  tableText,
  withTables,
} from '../bench/support/table.ts';

const RECORDED = 'docs/performance.json';
const RECORDED_PAGE = 'docs/performance.md';
/** Sizes that let all of them end within a quarter of an hour; by hand they take larger ones. */
const BENCHES: Readonly<Record<string, { args?: string[]; env?: Record<string, string> }>> = {
  api: {},
  'check-in': {},
  scoring: {},
  fastpath: { env: { BENCH_BACKLOG: '50000' } },
  uploader: {},
  search: { args: ['2000000'] },
  explorer: { args: ['1000000'] },
  pages: {},
  hostile: {},
};

const { values, positionals } = parseArgs({
  options: {
    record: { type: 'boolean', default: false },
    out: { type: 'string', default: 'build/bench.json' },
  },
  allowPositionals: true,
});
for (const name of positionals)
  if (!Object.hasOwn(BENCHES, name))
    throw new Error(`no benchmark ${name}: there are ${Object.keys(BENCHES).join(', ')}`);
const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;

const folder = mkdtempSync(join(tmpdir(), 'ooni-bench-'));
const rowsFile = join(folder, 'rows');
writeFileSync(rowsFile, '');
const failed = names.filter((name) => {
  const { args = [], env = {} } = BENCHES[name]!;
  process.stdout.write(`\n## ${name}\n`);
  const { status } = spawnSync(
    process.execPath,
    ['--import=tsx', join('bench', `${name}.ts`), ...args],
    { stdio: 'inherit', env: { ...process.env, ...env, [ROWS_FILE]: rowsFile } },
  );
  return status !== 0;
});
const rows = readFileSync(rowsFile, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as BenchRow);
rmSync(folder, { recursive: true });

const table: BenchTable = {
  machine: process.env.BENCH_MACHINE ?? hostname(),
  processor: `${cpus()[0]?.model.trim()}, ${cpus().length} cores`,
  node: process.version,
  measuredAt: new Date().toISOString(),
  rows,
};
mkdirSync(dirname(values.out), { recursive: true });
writeFileSync(values.out, `${JSON.stringify(table, undefined, 2)}\n`);
process.stdout.write(`\n${tableText(table)}`);

const recordedTables = existsSync(RECORDED)
  ? (JSON.parse(readFileSync(RECORDED, 'utf8')) as BenchTable[])
  : [];
const recorded = recordedTables.find(({ machine }) => machine === table.machine);
if (recorded === undefined)
  process.stdout.write(`nothing is recorded of ${table.machine}: make bench-record\n`);
else {
  // Of some benchmarks the rows of the others are not gone.
  const found = changes(table, recorded).filter(
    ({ kind }) => kind === 'fell' || positionals.length === 0,
  );
  process.stdout.write(changesText(found, recorded.measuredAt));
}
if (failed.length > 0) {
  process.stderr.write(`failed: ${failed.join(', ')}\n`);
  process.exitCode = 1;
} else if (values.record) record();

/** Keeps the table in the place of the machine's last one. */
function record(): void {
  const measured = new Set(rows.map(({ name }) => name));
  const kept = positionals.length === 0 ? [] : (recorded?.rows ?? []);
  const whole = { ...table, rows: [...kept.filter(({ name }) => !measured.has(name)), ...rows] };
  const others = recordedTables.filter(({ machine }) => machine !== table.machine);
  const tables = [...others, whole];
  writeFileSync(RECORDED, `${JSON.stringify(tables, undefined, 2)}\n`);
  writeFileSync(RECORDED_PAGE, withTables(readFileSync(RECORDED_PAGE, 'utf8'), tables));
  process.stdout.write(`recorded in ${RECORDED} and ${RECORDED_PAGE}\n`);
}
