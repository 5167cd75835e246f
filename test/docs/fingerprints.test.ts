/**
 * The commands of docs/install.md that fill the fingerprint tables, run as they stand there.
 *
 * Covers src/edge/clickhouse/fingerprintTables.ts.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseFingerprintsCsv } from '../../src/core/fingerprints/fingerprint.ts';
import { openClickHouse } from '../../src/edge/clickhouse/clickhouseClient.ts';
import { readFingerprintTables } from '../../src/edge/clickhouse/fingerprintTables.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../support/clickhouse.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const client = openClickHouse({
  url: server.url,
  database: 'ooni',
  username: 'default',
  password: '',
  requestTimeoutMs: 30_000,
  application: 'test',
});
t.teardown(() => client.close());
const admin = openClickHouse({
  url: server.url,
  database: 'default',
  username: 'default',
  password: '',
  requestTimeoutMs: 30_000,
  application: 'test',
});
await migrate(admin, 'ooni');
await admin.close();

/** `clickhouse-client` by way of HTTP: settings as options, `--query`, rows of an INSERT on standard input. */
const CLIENT = `#!${process.execPath}
const { readFileSync } = require('node:fs');
const parameters = new URLSearchParams();
const words = process.argv.slice(2);
while (words.length > 0) {
  const [, name, value] = /^--(\\w+)(?:=(.*))?$/s.exec(words.shift());
  parameters.set(name, value ?? words.shift());
}
const body = parameters.get('query').startsWith('INSERT') ? readFileSync(0) : undefined;
fetch('${server.url}/?' + parameters, { method: 'POST', body }).then(async (answer) => {
  process[answer.ok ? 'stdout' : 'stderr'].write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
});
`;

const block = /<!-- test: fingerprints -->\n```sh\n([\s\S]*?)```\n/.exec(
  readFileSync('docs/install.md', 'utf8'),
)![1]!;

const dir = t.testdir({});
mkdirSync(join(dir, 'bin'));
writeFileSync(join(dir, 'bin/clickhouse-client'), CLIENT, { mode: 0o755 });
const fill = () =>
  execFileSync('sh', ['-c', block], {
    cwd: dir,
    env: { ...process.env, NODE_OPTIONS: '', PATH: `${join(dir, 'bin')}:${process.env.PATH}` },
    encoding: 'utf8',
    stdio: 'pipe',
  });

const HEADER =
  'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes';
/** What CSV can hold: quotes, commas, line breaks, blanks at the ends, backslashes, other scripts. */
const PATTERNS = [
  '192.0.2.1',
  '"content=""Access Denied"""',
  '"two\r\nlines, and more"',
  '  blanks around  ',
  String.raw`back\slash \n`,
  'política',
];
function csv(kind: string, rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const pattern = PATTERNS[i % PATTERNS.length];
    // Names that sort otherwise than the file.
    return `x.${(i * 7919) % rows}_${kind},nat,,${kind},contains,${pattern},5,"IT,ZZ",x,,a note`;
  });
  return `${[HEADER, ...lines].join('\r\n')}\r\n`;
}
const write = (rows: number) => {
  for (const kind of ['dns', 'http'])
    writeFileSync(join(dir, `fingerprints_${kind}.csv`), csv(kind, rows));
};

t.test('the tables hold what the files hold, in their order', async (t) => {
  write(300);
  t.equal(fill(), 'fingerprints_dns: 300 rows\nfingerprints_http: 300 rows\n');
  const tables = await readFingerprintTables(client);
  for (const kind of ['dns', 'http'] as const)
    t.same(tables[kind], parseFingerprintsCsv(csv(kind, 300)));
});

t.test('files that are too short or broken leave the tables as they are', async (t) => {
  write(100);
  t.throws(fill);
  write(150);
  writeFileSync(join(dir, 'fingerprints_http.csv'), csv('http', 150).replace(',nat,', ',moon,'));
  t.throws(fill, /moon/);
  const { dns, http } = await readFingerprintTables(client);
  t.strictSame([dns.length, http.length], [300, 300]);
});
