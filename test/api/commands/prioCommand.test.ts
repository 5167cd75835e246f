/**
 * `ooni-api prio show`, with ClickHouse and without.
 *
 * Covers src/core/prioritisation/{explain,picker}.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type PrioArguments, runPrio } from '../../../src/api/commands/prioCommand.ts';
import { ALONE } from '../../../src/api/followed/sharing.ts';
import { openPrioritisation } from '../../../src/api/prioritisation.ts';
import { makeLog } from '../../../src/log/log.ts';
import { PROGRAM_USER } from '../../support/clickhouse.ts';
import { connectTo } from '../../support/clickhouseClient.ts';
import { startDatabase } from '../support.ts';

const url = await startDatabase(t);
const client = connectTo(t, url, 'ooni');
const dir = mkdtempSync(join(tmpdir(), 'ooni-prio-'));
t.teardown(() => rmSync(dir, { recursive: true, force: true }));
const configFile = (name: string, clickhouse: string) => {
  const file = join(dir, name);
  writeFileSync(
    file,
    `collector_id = "1"\nbase_url = "https://api.example.org"\nstate_dir = "${dir}/state"\n[clickhouse]\nurl = "${clickhouse}"\nusername = "${PROGRAM_USER}"\n[s3]\nbucket = "file://${dir}/archive"\n`,
  );
  return file;
};
const CONFIG = configFile('api.toml', url);
const AWAY = configFile('away.toml', 'http://127.0.0.1:1');

async function show(more: Partial<PrioArguments> = {}): Promise<string> {
  let text = '';
  const code = await runPrio(
    {
      config: CONFIG,
      cc: 'IT',
      asn: 'AS30722',
      categories: undefined,
      limit: 100,
      seed: 1,
      fromDisk: false,
      ...more,
    },
    (more) => {
      text += more;
    },
  );
  t.equal(code, 0);
  return text;
}

const at = new Date().toISOString().slice(0, 19).replace('T', ' ');
await client.insert({
  table: 'fastpath',
  format: 'JSONEachRow',
  values: [
    {
      measurement_uid: '20260711174409.000001_IT_webconnectivity_0123456789abcdef',
      report_id: 'r',
      input: 'https://b.it/',
      probe_cc: 'IT',
      probe_asn: 30722,
      test_name: 'web_connectivity',
      test_start_time: at,
      measurement_start_time: at,
    },
  ],
});

t.test('without any list', async (t) => {
  const text = await show({ limit: 2 });
  t.match(text, /^IT AS30722: 0 entries, 0 of them above 0 by 31 rules; from ClickHouse\n/);
  t.match(
    text,
    /no test list was ever read: a random sample of the list of the package\n\{.*\}\n\{.*\}\n$/,
  );
  t.match(
    await show({ config: AWAY, limit: 1 }),
    /nothing in .*state\nthe rules were never read.*\nnothing is known/,
  );
});

t.test('the list, and what it is made of', async (t) => {
  await client.insert({
    table: 'citizenlab',
    format: 'JSONEachRow',
    values: [
      { domain: 'a.org', url: 'https://a.org/', cc: 'ZZ', category_code: 'NEWS' },
      { domain: 'b.it', url: 'https://b.it/', cc: 'it', category_code: 'GAME' },
      { domain: 'c.it', url: 'https://c.it/', cc: 'it', category_code: 'XYZ' },
    ],
  });
  await client.insert({
    table: 'url_priorities',
    format: 'JSONEachRow',
    values: [{ cc: 'it', domain: 'b.it', priority: 15 }],
  });
  const lines = [
    'IT AS30722: 3 entries, 2 of them above 0 by 32 rules; from ClickHouse',
    '#  weight  priority  measured  cc  category  url             rules',
    '1  1000.0       100         0  XX  NEWS      https://a.org/  NEWS 100',
    '2    35.0        35         1  IT  GAME      https://b.it/   it b.it 15 + GAME 20',
    '',
  ];
  t.equal(await show(), lines.join('\n'));
  t.match(await show({ cc: 'zz', asn: '0' }), /^ZZ AS0: 1 entries, 1 of them/);
  t.match(await show({ limit: 1 }), /a\.org.*\n$/);
  t.match(await show({ categories: 'GAME' }), /^1 {4}35\.0 .*b\.it/m);
});

t.test('with ClickHouse away, from what the server kept', async (t) => {
  const log = makeLog({ level: 'err', journald: false, write() {} });
  const prioritisation = openPrioritisation({
    client,
    stateDir: join(dir, 'state'),
    sharing: ALONE,
    nowMs: Date.now,
    random: Math.random,
    firstRetryMs: 10,
    log,
  });
  while (Object.values(prioritisation.state().loadedAtMs).includes(0))
    await new Promise((resolve) => setTimeout(resolve, 10));
  await prioritisation.close();
  const [first, ...rest] = (await show({ config: AWAY })).split('\n');
  t.match(first, /; from .*state, read from ClickHouse at 20\d\d-/);
  t.strictSame(rest, (await show()).split('\n').slice(1));
  t.strictSame((await show({ fromDisk: true })).split('\n').slice(1), rest);
});

t.test('wrong arguments', async (t) => {
  for (const more of [
    { cc: 'Italy' },
    { asn: 'x' },
    { limit: 0 },
    { limit: 10_000 },
    { limit: 1.5 },
  ])
    await t.rejects(show(more), { message: /^--(cc|asn|limit): expected/ });
});
