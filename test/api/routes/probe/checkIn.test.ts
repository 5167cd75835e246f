/**
 * Check-in and test lists of the whole service on a real engine, which comes and goes.
 *
 * Covers src/api/routes/probe/{checkIn, testLists}.ts, src/api/prioritisation.ts,
 * src/api/followed/{counters, followedParts, rules, sharing, testList}.ts, src/edge/clickhouse/prioritisation.ts.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import t from 'tap';
import { makeWorkerSharing } from '../../../../src/api/followed/sharing.ts';
import type { ServiceParts } from '../../../../src/api/service.ts';
import { CHECK_IN_NETTESTS } from '../../../../src/core/nettests/testNames.ts';
import { DEFAULT_RULES } from '../../../../src/core/prioritisation/defaultRules.ts';
import { PACKAGED_LIST } from '../../../../src/core/prioritisation/failover.ts';
import { seededRandom } from '../../../../src/core/prioritisation/random.ts';
import { migrate } from '../../../../src/edge/clickhouse/migrate.ts';
import { startClickHouse } from '../../../support/clickhouse.ts';
import { connectTo } from '../../../support/clickhouseClient.ts';
import { type Answer, ask, post, startService, type TestService } from '../../support.ts';

const clickhouse = await startClickHouse();
t.teardown(() => clickhouse.stop());
const connect = (database: string) => connectTo(t, clickhouse.url, database);
const admin = connect('default');
const db = connect('ooni');
const stateDir = mkdtempSync(join(tmpdir(), 'ooni-state-'));
t.teardown(() => rmSync(stateDir, { recursive: true, force: true }));

const begin = (more: Record<string, unknown> = {}, sharing?: ServiceParts['sharing']) =>
  startService(t, {
    clickhouseUrl: clickhouse.url,
    ...(sharing === undefined ? {} : { sharing }),
    config: { state_dir: stateDir, collector_id: '4', ...more },
    random: seededRandom(1),
    refreshMs: 20,
  });

interface Url {
  readonly category_code: string;
  readonly url: string;
  readonly country_code: string;
}
/** Every answer has what the app declares, or it would drop it whole (protocol, probes 3.5). */
async function checkIn(url: string, body: unknown = {}, headers: Record<string, string> = {}) {
  const answer = await post(`${url}/api/v1/check-in`, body, headers);
  if (answer.status !== 200) return answer;
  const { conf, tests } = answer.json;
  for (const [name, object, members] of [
    ['the answer', answer.json, ['conf', 'tests']],
    ['conf', conf, ['features']],
    ['tests', tests, ['web_connectivity']],
    ['web_connectivity', tests.web_connectivity, ['urls']],
  ] as const)
    for (const member of members)
      if (!Object.hasOwn(object, member)) t.fail(`${name} lacks ${member}`);
  for (const entry of tests.web_connectivity.urls)
    for (const member of ['category_code', 'country_code', 'url'])
      if (typeof entry[member] !== 'string') t.fail(`an entry lacks ${member}`);
  for (const [name, value] of Object.entries(conf.features))
    if (typeof value !== 'boolean') t.fail(`feature ${name} is no boolean`);
  return answer;
}
const urlsOf = ({ json }: Answer): Url[] => json.tests.web_connectivity.urls;
const listOf = async (url: string, query: string): Promise<Url[]> =>
  (await ask(`${url}/api/v1/test-list/urls?${query}`)).json.results;
/** Until what is followed was read anew. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(10);
}

const LIST = [
  ...Array.from({ length: 150 }, (_, at) => ({
    category_code: at % 3 === 0 ? 'NEWS' : at % 3 === 1 ? 'HUMR' : 'GAME',
    domain: `${at}.org`,
    url: `https://${at}.org/`,
    cc: 'ZZ',
  })),
  { category_code: 'NEWS', domain: 'a.it', url: 'https://a.it/', cc: 'it' },
  { category_code: 'MILX', domain: 'b.it', url: 'https://b.it/', cc: 'IT' },
  { category_code: 'NEWS', domain: 'c.de', url: 'https://c.de/', cc: 'de' },
];

t.test('a host that never had a list answers with that of the package', async (t) => {
  const { url, lines, close } = await begin();
  const answer = await checkIn(url);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('cache-control'), 'no-cache');
  t.equal(answer.headers.get('content-type'), 'application/json');
  const urls = urlsOf(answer);
  t.equal(urls.length, Math.min(100, PACKAGED_LIST.length));
  t.equal(new Set(urls.map((entry) => entry.url)).size, urls.length);
  const news = urlsOf(await checkIn(url, { web_connectivity: { category_codes: ['NEWS'] } }));
  t.ok(news.length > 3);
  for (const entry of news) t.match(entry, { category_code: 'NEWS', country_code: 'XX' });
  t.ok((await listOf(url, 'country_code=US&limit=5&debug=true')).length === 5);
  t.match(
    lines.join(''),
    /cannot read test list: probes get the short list of the package meanwhile/,
  );
  await close();
});

t.test('with a database', async (t) => {
  await migrate(admin, 'ooni');
  await db.insert({ table: 'citizenlab', values: LIST, format: 'JSONEachRow' });
  const { url, service, close } = await begin();
  t.teardown(close);
  await until(async () => (await listOf(url, 'limit=9999')).length === 150);

  t.test('every member is there', async (t) => {
    const { json } = await checkIn(url, { probe_cc: 'IT', probe_asn: 'AS30722' });
    t.strictSame(Object.keys(json), [
      'v',
      'probe_cc',
      'probe_asn',
      'probe_network_name',
      'utc_time',
      'conf',
      'tests',
    ]);
    t.match(json, { v: 1, probe_cc: 'ZZ', probe_asn: 'AS0', probe_network_name: null });
    t.match(json.utc_time, /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    t.strictSame(Object.keys(json.conf).sort(), ['features', 'test_helpers']);
    t.strictSame(json.conf.features, {
      torsf_enabled: false,
      vanilla_tor_enabled: false,
      openvpn_enabled: false,
      'webconnectivity_0.5': true,
    });
    t.ok(json.conf.test_helpers['web-connectivity'].length > 0);
    t.strictSame(Object.keys(json.tests).sort(), [...CHECK_IN_NETTESTS].sort());
    const ids = Object.entries(json.tests as Record<string, { report_id: string }>);
    for (const [name, { report_id }] of ids)
      t.match(
        report_id,
        new RegExp(`^\\d{8}T\\d{6}Z_${name.replaceAll('_', '')}_IT_30722_n4_[A-Za-z0-9]{16}$`),
      );
    t.equal(new Set(ids.map(([, { report_id }]) => report_id.slice(-16))).size, 21);
    for (const entry of urlsOf({ json } as Answer))
      t.strictSame(Object.keys(entry), ['category_code', 'url', 'country_code']);
  });

  t.test('what bodies mean', async (t) => {
    const table: [name: string, body: unknown, count: number, codes?: string[]][] = [
      ['nothing', {}, 100],
      ['charging', { charging: true }, 100],
      ['not charging', { charging: false }, 20],
      [
        'null everywhere',
        {
          charging: null,
          run_type: null,
          on_wifi: null,
          probe_cc: null,
          probe_asn: null,
          web_connectivity: null,
          software_name: null,
        },
        100,
      ],
      ['by hand', { run_type: 'manual', charging: false }, 150],
      ['by hand in Italy', { run_type: 'manual', probe_cc: 'it' }, 152],
      [
        'app',
        {
          probe_cc: 'XX',
          probe_asn: 'AS0',
          on_wifi: true,
          charging: false,
          run_type: 'timed',
          software_name: 'ooniprobe-android',
          software_version: '6.2.0',
          web_connectivity: { category_codes: [] },
        },
        20,
      ],
      [
        'categories',
        { probe_cc: 'IT', web_connectivity: { category_codes: ['MILX', 'NEWS'] } },
        52,
        ['MILX', 'NEWS'],
      ],
      ['categories as text', { web_connectivity: { category_codes: 'HUMR' } }, 50, ['HUMR']],
      [
        'a malformed one',
        { web_connectivity: { category_codes: ['HUMR', '1', ''] } },
        50,
        ['HUMR'],
      ],
      ['malformed place', { probe_cc: 'Z0', probe_asn: 'ASx', charging: false }, 20],
      [
        'other types',
        { probe_cc: 7, probe_asn: [], charging: 'x', run_type: {}, web_connectivity: 'NEWS' },
        100,
      ],
    ];
    for (const [name, body, count, codes] of table) {
      const answer = await checkIn(url, body);
      t.equal(answer.status, 200, name);
      const urls = urlsOf(answer);
      t.equal(urls.length, count, name);
      if (codes !== undefined)
        t.strictSame([...new Set(urls.map((entry) => entry.category_code))].sort(), codes, name);
    }
    const { json } = await checkIn(url, { probe_cc: 'XX', probe_asn: 'AS7' });
    t.match(json.tests.dash.report_id, /_dash_ZZ_7_n4_/);
  });

  t.test('bodies that are none', async (t) => {
    for (const body of ['', '{', '[]', '3', 'null', '"x"', '{"a":NaN}']) {
      const answer = await checkIn(url, body);
      t.equal(answer.status, 422, body);
      t.equal(answer.json.detail[0].loc[0], 'body', body);
      t.ok(answer.json.error, body);
    }
    t.equal((await checkIn(url, `{"a":"${'x'.repeat(70_000)}"}`)).status, 413);
    t.equal((await ask(`${url}/api/v1/check-in`)).status, 405);
    const typed = await checkIn(url, '{"charging":false}', { 'content-type': 'text/plain' });
    t.equal(urlsOf(typed).length, 20, 'whatever Content-Type says');
  });

  t.test('test-list/urls', async (t) => {
    const answer = await ask(`${url}/api/v1/test-list/urls?country_code=IT&limit=3`);
    t.equal(answer.headers.get('cache-control'), 'max-age=1');
    t.strictSame(answer.json.metadata, {
      count: 3,
      current_page: -1,
      limit: -1,
      next_url: '',
      pages: 1,
    });
    const table: [query: string, count: number][] = [
      ['', 150],
      ['country_code=it', 152],
      ['probe_cc=IT', 152],
      ['country_code=DE&probe_cc=IT', 151],
      ['category_codes=news', 50],
      ['category_codes=NEWS,HUMR', 100],
      ['category_codes=NEWS,%20HUMR,', 100],
      ['limit=0', 150],
      ['limit=-1', 150],
      ['limit=9999', 150],
      ['limit=4&country_code=US', 4],
      ['category_codes=MILX', 0],
    ];
    for (const [query, count] of table) t.equal((await listOf(url, query)).length, count, query);
    t.equal((await ask(`${url}/api/v1/test-list/urls?limit=10000`)).status, 422);
    t.equal((await ask(`${url}/api/v1/test-list/urls?limit=x`)).status, 422);
    const [weighed] = await listOf(url, 'category_codes=NEWS&debug=1&limit=1');
    t.match(weighed, { category_code: 'NEWS', msmt_cnt: 0, priority: 100, weight: 1000 });
  });

  t.test('a URL that was measured sinks in the list of its network', async (t) => {
    const at = new Date().toISOString().slice(0, 19).replace('T', ' ');
    const measured = urlsOf(
      await checkIn(url, {
        probe_cc: 'IT',
        probe_asn: 'AS1',
        web_connectivity: { category_codes: ['NEWS'] },
      }),
    )[0]!.url;
    await db.insert({
      table: 'fastpath',
      format: 'JSONEachRow',
      values: Array.from({ length: 3 }, (_, number) => ({
        measurement_uid: `20260711174409.00000${number}_IT_webconnectivity_0123456789abcdef`,
        report_id: `r${number}`,
        input: measured,
        probe_cc: 'IT',
        probe_asn: 1,
        test_name: 'web_connectivity',
        test_start_time: at,
        measurement_start_time: at,
      })),
    });
    const last = async (probe_asn: string) => {
      const body = {
        run_type: 'manual',
        probe_cc: 'IT',
        probe_asn,
        web_connectivity: { category_codes: ['NEWS'] },
      };
      return urlsOf(await checkIn(url, body)).at(-1)!.url;
    };
    await until(async () => (await last('AS1')) === measured);
    const elsewhere = new Set<string>();
    for (let round = 0; round < 20; round++) elsewhere.add(await last('AS2'));
    t.ok(elsewhere.size > 1, 'in another network it does not');
    const ofCountry = await listOf(url, 'country_code=IT&category_codes=NEWS&debug=1');
    t.match(ofCountry.at(-1), { url: measured, msmt_cnt: 3 });
  });

  t.test('rules that leave nothing to measure do not make an empty list', async (t) => {
    const rules = DEFAULT_RULES.map((rule) => ({ sign: -1, ...rule }));
    await db.insert({ table: 'url_priorities', values: rules, format: 'JSONEachRow' });
    const sampled = async () =>
      /ooni_api_check_ins_total\{list="sample"\} [1-9]/.test(
        await service.metrics.registry.metrics(),
      );
    await until(async () => {
      t.equal(urlsOf(await checkIn(url)).length, 100);
      return sampled();
    });
    const news = urlsOf(await checkIn(url, { web_connectivity: { category_codes: ['NEWS'] } }));
    t.equal(news.length, 50);
    const again = rules.map((rule) => ({ ...rule, sign: 1 }));
    await db.insert({ table: 'url_priorities', values: again, format: 'JSONEachRow' });
    await until(async () => Object.hasOwn((await listOf(url, 'debug=1&limit=1'))[0]!, 'weight'));
  });

  t.test('an empty table costs freshness alone', async (t) => {
    await db.command({ query: 'TRUNCATE TABLE citizenlab' });
    await sleep(100);
    t.equal(urlsOf(await checkIn(url, { run_type: 'manual', probe_cc: 'IT' })).length, 152);
    const last = (await listOf(url, 'country_code=IT&category_codes=NEWS&debug=1')).at(-1);
    t.match(last, { msmt_cnt: 3 }, 'what was measured is known still');
    await db.insert({ table: 'citizenlab', values: LIST, format: 'JSONEachRow' });
  });

  t.test('metrics', async (t) => {
    const text = await service.metrics.registry.metrics();
    t.match(text, /ooni_api_test_list_entries 153\n/);
    t.match(text, /ooni_api_prioritisation_rules 31\n/);
    for (const value of ['test_list', 'rules', 'counters'])
      t.match(
        text,
        new RegExp(`ooni_api_followed_timestamp_seconds\\{value="${value}"\\} 1\\d{9}`),
      );
    t.match(text, /ooni_api_check_in_place_differs_total\{differs="country"\} \d+/);
  });
});

t.test('ClickHouse away for thirty refreshes while probes check in at three workers', async (t) => {
  // The others hear what the first reads, as from another process; the third has nothing on disk.
  const others = [0, 1].map(() =>
    makeWorkerSharing({ reads: false, tell: () => t.fail('it has nothing to tell') }),
  );
  const reads = makeWorkerSharing({
    reads: true,
    tell(news) {
      for (const other of others) other.heard(deserialize(serialize(news)));
    },
  });
  const none = mkdtempSync(join(tmpdir(), 'ooni-state-'));
  t.teardown(() => rmSync(none, { recursive: true, force: true }));
  const reader = await begin({}, reads);
  const workers = [reader, await begin({}, others[0]), await begin({ state_dir: none }, others[1])];
  for (const { url } of workers)
    await until(async () => (await listOf(url, 'limit=9999')).length === 150);

  /** When the oldest of what is followed was read, in seconds since 1970, as the alert sees it. */
  const readAt = async ({ service }: TestService) => {
    const text = await service.metrics.registry.metrics();
    const found = [...text.matchAll(/^ooni_api_followed_timestamp_seconds\{\S+ (\S+)$/gm)];
    t.equal(found.length, 3);
    return Math.min(...found.map(([, seconds]) => Number(seconds)));
  };
  for (const worker of workers) {
    const before = await readAt(worker);
    await until(async () => (await readAt(worker)) > before);
  }
  for (const { lines } of workers.slice(1))
    t.notMatch(lines.join(''), /^(warning|err): .*(list|rules|counters)/m);

  await clickhouse.kill();
  // What was read before the kill may be taken after it: each of the three has failed by now.
  const failed = () => reader.lines.filter((line) => line.includes('cannot refresh'));
  await until(async () => failed().length === 3);
  const last = await Promise.all(workers.map(readAt));
  for (let round = 0; round < 30; round++) {
    for (const { url } of workers) {
      const answers = await Promise.all(
        ['IT', 'DE', 'XX'].map((probe_cc) => checkIn(url, { probe_cc, charging: false })),
      );
      for (const answer of answers) {
        t.equal(answer.status, 200);
        t.equal(urlsOf(answer).length, 20);
      }
    }
    await sleep(20);
  }
  t.strictSame(
    await Promise.all(workers.map(readAt)),
    last,
    'so its age, which the alert asks, grows',
  );
  for (const { service } of workers)
    t.notMatch(
      await service.metrics.registry.metrics(),
      /check_ins_total\{list="(sample|package)"\} [1-9]/,
    );
  const said = workers.map(({ lines }) => lines.filter((line) => /cannot re(ad|fresh)/.test(line)));
  t.strictSame(
    said.map(({ length }) => length),
    [3, 0, 0],
    'each value once for the host',
  );

  await clickhouse.start();
  for (const [at, worker] of workers.entries())
    await until(async () => (await readAt(worker)) > last[at]!);
  await db.insert({
    table: 'citizenlab',
    values: [{ category_code: 'NEWS', domain: 'n.fr', url: 'https://n.fr/', cc: 'FR' }],
    format: 'JSONEachRow',
  });
  for (const { url } of workers)
    await until(async () =>
      (await listOf(url, 'country_code=FR')).some(({ country_code }) => country_code === 'FR'),
    );
  for (const { close } of workers) await close();
});

t.test('with ClickHouse stopped', async (t) => {
  const before = await begin();
  await until(async () => (await listOf(before.url, '')).length === 150);
  await clickhouse.kill();
  await sleep(100);
  const manual = { run_type: 'manual', probe_cc: 'IT', probe_asn: 'AS1' };
  t.equal(urlsOf(await checkIn(before.url, manual)).length, 152);
  await before.close();
  const kept = readdirSync(stateDir).filter((name) => name.endsWith('.jsonl'));
  t.strictSame(kept.sort(), [
    'measurement-counters.jsonl',
    'prioritisation-rules.jsonl',
    'test-list.jsonl',
  ]);

  t.test('a start answers from disk', async (t) => {
    const { url, lines, close } = await begin();
    t.equal(urlsOf(await checkIn(url, manual)).length, 152, 'at once');
    const [last] = (await listOf(url, 'country_code=IT&category_codes=NEWS&debug=1')).slice(-1);
    t.match(last, { msmt_cnt: 3 }, 'and knows what was measured');
    t.match(lines.join(''), /test list read from disk, until there is a newer one entries=154/);
    await close();
  });

  t.test('damaged copies cost what they held', async (t) => {
    writeFileSync(join(stateDir, 'test-list.jsonl'), '{"followed":"test list"');
    writeFileSync(join(stateDir, 'measurement-counters.jsonl'), '\u0000');
    const { url, lines, close } = await begin();
    t.equal(urlsOf(await checkIn(url, manual)).length, PACKAGED_LIST.length);
    t.equal(lines.filter((line) => line.includes('on disk cannot be used')).length, 2);
    await clickhouse.start();
    await until(async () => (await listOf(url, 'country_code=IT')).length === 152);
    await close();
  });
});
