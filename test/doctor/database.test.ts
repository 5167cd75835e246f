/**
 * What ooni-doctor finds of ClickHouse: by table, and against the real engine with the rights that
 * docs/install.md gives; then the whole of it, where next to nothing is there.
 *
 * Covers src/doctor/{examine,host}.ts, src/doctor/checks/database.ts, src/core/sql/grants.ts.
 */
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  checkDatabase,
  judgeAnswer,
  judgeGrants,
  judgeTables,
} from '../../src/doctor/checks/database.ts';
import { type Finding, lineOf } from '../../src/doctor/finding.ts';
import type { Settings } from '../../src/doctor/settings.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../support/clickhouse.ts';
import { connectTo } from '../support/clickhouseClient.ts';

const server = await startClickHouse({ otherUsers: { reader: ['GRANT SELECT ON ooni.*'] } });
t.teardown(() => server.stop());

const settings = (username: string, more: Record<string, string> = {}): Settings =>
  new Map(
    Object.entries({
      'clickhouse.url': server.url,
      'clickhouse.database': 'ooni',
      'clickhouse.username': username,
      ...more,
    }),
  );
const lines = (findings: readonly Finding[]) => findings.map(lineOf);

t.test('rights', async (t) => {
  const judged = (...grants: string[]) =>
    lineOf(judgeGrants('api', 'u', 'ooni', grants.join('\n')));
  const mutations = 'GRANT SELECT ON system.mutations TO u';
  for (const [grants, line] of [
    [['GRANT ALL ON *.* TO u'], /^ok/],
    [['GRANT ALL ON ooni.* TO u', mutations], /^ok/],
    [['GRANT ALL ON `ooni`.* TO u WITH GRANT OPTION', mutations], /^ok/],
    [['GRANT SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE ON oo*.* TO u', mutations], /^ok/],
    [['GRANT ALL ON ooni.* TO u'], /^FAIL .* lacks SELECT ON system.mutations: grant it/],
    [['GRANT ALL ON other.* TO u', mutations], /lacks SELECT ON ooni.\*, INSERT ON/],
    [
      ['GRANT SELECT(a, b), INSERT, ALTER, CREATE, DROP, TRUNCATE ON ooni.* TO u', mutations],
      /lacks SELECT ON ooni.\*:/,
    ],
    [['GRANT SELECT ON ooni.fastpath TO u', mutations], /lacks SELECT ON ooni.\*/],
    [['GRANT writer TO u'], /^- .*roles/],
    [[], /^FAIL/],
  ] as const)
    t.match(judged(...grants), line, grants.join('; '));
});

t.test('answers', async (t) => {
  const judged = (status: number, text: string) =>
    lineOf(judgeAnswer('api', 'http://c', 'u', { kind: 'answer', status, text })!);
  t.match(judged(403, 'Code: 516. DB::Exception'), /does not take user u with this password/);
  t.match(judged(500, 'Code: 241. Memory limit'), /answers 500 Code: 241/);
  t.match(judged(502, '<html>'), /answers 502 <html>: see/);
  const tables = (status: number, text: string) =>
    lineOf(judgeTables('api', 'ooni', { kind: 'answer', status, text }));
  t.match(tables(200, '1\n2\n'), /lacks .*: systemctl start ooni-api-migrate/);
  t.match(tables(500, 'Code: 241.'), /cannot ask which tables/);
});

t.test('the real engine', async (t) => {
  t.match(lines(await checkDatabase(new Map([['ooni-api', settings('ooni')]]))), [
    /^ok .*answers/,
    /^ok .*user ooni of ClickHouse has the rights/,
    /^FAIL .*database ooni has no tables: systemctl start ooni-api-migrate/,
  ]);
  const client = connectTo(t, server.url, 'default');
  await migrate(client, 'ooni');
  const asked = await checkDatabase(
    new Map([
      ['ooni-api', settings('ooni')],
      ['ooni-fastpath', settings('ooni')],
      ['ooni-uploader', settings('reader')],
    ]),
  );
  t.match(lines(asked), [
    /^ok .*ooni-api, ooni-fastpath: ClickHouse at .* answers/,
    /^ok .*ooni-api, ooni-fastpath: user ooni of ClickHouse has the rights/,
    /^ok .*ooni-api, ooni-fastpath: database ooni has all tables/,
    /^ok .*ooni-uploader: ClickHouse/,
    /^FAIL .*ooni-uploader: user reader of ClickHouse lacks INSERT ON ooni/,
    /^ok .*ooni-uploader: database ooni has all tables/,
  ]);
  const file = join(t.testdir(), 'password');
  writeFileSync(file, 'wrong ☠\n');
  const refused = await checkDatabase(
    new Map([['ooni-api', settings('ooni', { 'clickhouse.password_file': file })]]),
  );
  t.match(lines(refused), [/^FAIL .*does not take user ooni with this password/]);
  t.notMatch(lines(refused).join(), 'wrong');
  await server.kill();
  t.match(lines(await checkDatabase(new Map([['ooni-api', settings('ooni')]]))), [
    /^FAIL .*ClickHouse at .* does not answer \(ECONNREFUSED\): see .*operate.md/,
  ]);
});

/** ooni-doctor with the commands of a host: `commands` by name, as shell scripts. */
function doctor(folder: string, commands: Record<string, string>, ...words: string[]) {
  for (const [name, script] of Object.entries(commands)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return new Promise<{ code: number; out: string; errors: string }>((resolve) =>
    execFile(
      process.execPath,
      ['--import=tsx', 'src/doctor/main.ts', ...words],
      { env: { ...process.env, PATH: `${folder}:${process.env.PATH}` } },
      (error, out, errors) =>
        resolve({ code: error === null ? 0 : Number(error.code), out, errors }),
    ),
  );
}

t.test('where everything is down, everything is said', async (t) => {
  const { code, out, errors } = await doctor(t.testdir(), {
    'dpkg-query': "printf 'ooni-api\\t2\\tii \\nooni-common\\t2\\tii \\n'",
    'ooni-api': 'echo "ooni-api: /etc/ooni/api.toml: collector_id: missing" >&2; exit 78',
    systemctl: 'exit 1',
    timedatectl: 'exit 1',
  });
  t.equal(code, 1);
  t.equal(errors, '');
  t.match(out, /^ok {4}packages: ooni-api, ooni-common 2$/m);
  t.match(out, /^FAIL {2}ooni-api: \/etc\/ooni\/api.toml: collector_id: missing: mend that/m);
  t.match(out, /^- {5}units: systemd does not answer/m);
  for (const line of out.trim().split('\n')) t.match(line, /^(ok {4}|FAIL {2}|- {5})\S/);
});

t.test('only what is wrong, and what it is told', async (t) => {
  const { code, out } = await doctor(
    t.testdir(),
    { 'dpkg-query': 'exit 1', systemctl: 'exit 1' },
    '--quiet',
  );
  t.equal(code, out === '' ? 0 : 1);
  for (const line of out.split('\n').slice(0, -1)) t.match(line, /^FAIL /);
  const wrong = await doctor(t.testdir(), {}, '--fix');
  t.strictSame([wrong.code, wrong.out], [64, '']);
  t.match(wrong.errors, /^usage: ooni-doctor/);
});
