/**
 * Prioritisation for operators on the real engine: debugging, and rules that admins change.
 *
 * Covers src/api/routes/probe/prioritisation.ts, src/api/families/probeFamilies.ts,
 * src/core/endpoints/prioritisation/countriesPrioritization.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { startSmtp } from '../../../support/smtp.ts';
import { ACCOUNT_KEYS, as, giveRole, json, logIn } from '../../accounts/support.ts';
import { ask, startDatabase, startService } from '../../support.ts';

const smtp = await startSmtp();
t.teardown(() => smtp.close());
const { url, client } = await startService(t, {
  clickhouseUrl: await startDatabase(t),
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
  refreshMs: 20,
});
const LIST = `${url}/api/_/url-priorities/list`;
const UPDATE = `${url}/api/_/url-priorities/update`;
const COUNTRIES = `${url}/api/_/show_countries_prioritization`;

const at = new Date(Date.now() - 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
const row = (number: number, input: string, probe_cc: string, anomaly: string) => ({
  measurement_uid: `20260711174409.00000${number}_IT_webconnectivity_0123456789abcdef`,
  report_id: 'r',
  input,
  probe_cc,
  probe_asn: 1,
  test_name: 'web_connectivity',
  test_start_time: at,
  measurement_start_time: at,
  anomaly,
});

t.test('before there is a list', async (t) => {
  t.match(await ask(COUNTRIES), { status: 400, json: { detail: 'no data' } });
  t.match((await ask(`${url}/api/_/debug_prioritization`)).json, { test_items: [], entries: [] });
});

t.test('what a probe would get, and why', async (t) => {
  await client.insert({
    table: 'citizenlab',
    format: 'JSONEachRow',
    values: [
      { domain: 'a.org', url: 'https://a.org/', cc: 'ZZ', category_code: 'NEWS' },
      { domain: 'b.it', url: 'https://b.it/', cc: 'it', category_code: 'GAME' },
      { domain: 'c.de', url: 'https://c.de/', cc: 'de', category_code: 'NEWS' },
    ],
  });
  const rows = [
    row(1, 'https://a.org/', 'IT', 'f'),
    row(2, 'https://b.it/', 'IT', 't'),
    row(3, 'https://b.it/', 'IT', 'f'),
    row(4, 'https://b.it/', 'IT', 'f'),
  ];
  await client.insert({ table: 'fastpath', format: 'JSONEachRow', values: rows });
  await client.insert({ table: 'fastpath', format: 'JSONEachRow', values: rows.slice(0, 2) });
  const debug = async (query: string) =>
    (await ask(`${url}/api/_/debug_prioritization?${query}`)).json;
  while ((await debug('probe_cc=IT&probe_asn=AS1')).test_items[1]?.msmt_cnt !== 3) await sleep(10);
  t.strictSame(await debug('probe_cc=it&probe_asn=1'), {
    test_items: [
      {
        category_code: 'NEWS',
        url: 'https://a.org/',
        country_code: 'XX',
        msmt_cnt: 1,
        priority: 100,
        weight: 100,
      },
      {
        category_code: 'GAME',
        url: 'https://b.it/',
        country_code: 'IT',
        msmt_cnt: 3,
        priority: 20,
        weight: 20 / 3,
      },
    ],
    entries: [
      { category_code: 'GAME', domain: 'b.it', url: 'https://b.it/', cc: 'it', msmt_cnt: 3 },
      { category_code: 'NEWS', domain: 'a.org', url: 'https://a.org/', cc: 'ZZ', msmt_cnt: 1 },
    ],
    prio_rules: (await ask(LIST)).json.rules,
  });
  const table: [query: string, urls: number][] = [
    ['', 1],
    ['probe_cc=IT', 2],
    ['probe_cc=IT&category_codes=GAME', 1],
    ['probe_cc=IT&limit=1', 1],
    ['probe_cc=IT&limit=-1', 2],
    ['probe_cc=IT&category_codes=', 2],
    ['probe_cc=ZZ&category_codes=GOVT&probe_asn=4242', 0],
  ];
  for (const [query, urls] of table) t.equal((await debug(query)).test_items.length, urls, query);
  t.equal((await ask(`${url}/api/_/debug_prioritization?limit=x`)).status, 422);
});

t.test('the whole list by country', async (t) => {
  const { json, headers } = await ask(COUNTRIES);
  t.match(headers.get('cache-control'), /max-age=300/);
  const common = { msmt_cnt: 0, anomaly_perc: 0 };
  t.strictSame(json, [
    {
      ...common,
      category_code: 'NEWS',
      cc: 'DE',
      domain: 'c.de',
      priority: 100,
      url: 'https://c.de/',
    },
    {
      anomaly_perc: 33,
      category_code: 'GAME',
      cc: 'IT',
      domain: 'b.it',
      msmt_cnt: 3,
      priority: 20,
      url: 'https://b.it/',
    },
    {
      ...common,
      category_code: 'NEWS',
      cc: 'ZZ',
      domain: 'a.org',
      priority: 100,
      url: 'https://a.org/',
    },
  ]);
  const csv = await ask(`${COUNTRIES}?format=CSV`);
  t.match(csv.headers.get('content-type'), 'text/csv');
  t.strictSame(csv.text.split('\r\n').slice(0, 2), [
    'anomaly_perc,category_code,cc,domain,msmt_cnt,priority,url',
    '0,NEWS,DE,c.de,0,100,https://c.de/',
  ]);
  t.ok(Array.isArray((await ask(`${COUNTRIES}?format=bogus`)).json));
});

t.test('rules', async (t) => {
  const user = await logIn(url, smtp, 'user@example.org');
  await giveRole(client, 'admin@example.org', 'admin', Date.now());
  const admin = await logIn(url, smtp, 'admin@example.org');
  const update = (body: unknown, bearer?: string) => ask(UPDATE, json(body, bearer));
  const entry = { category_code: 'X', cc: 'it', domain: '', url: 'https://b.it/', priority: 7 };
  const wide = { ...entry, domain: '*' };
  const own = async () =>
    (await ask(LIST, as(undefined))).json.rules.filter(
      ({ category_code }: { category_code: string }) => category_code === 'X',
    );

  t.equal((await ask(LIST)).json.rules.length, 31);
  t.match(await update({ new_entry: entry }), {
    status: 401,
    json: { detail: 'Authentication required' },
  });
  t.match(await update({ new_entry: entry }, user), {
    status: 401,
    json: { detail: 'Role not authorized' },
  });
  t.strictSame(await own(), []);
  const steps: [
    name: string,
    body: unknown,
    status: number,
    error: string | undefined,
    rules: object[],
  ][] = [
    ['nothing', {}, 400, 'err_no_proposed_changes', []],
    [
      'no such rule',
      { old_entry: entry, new_entry: { ...entry, priority: 8 } },
      400,
      'err_rule_not_found',
      [],
    ],
    ['deleting what is not there', { old_entry: entry }, 200, undefined, []],
    ['created', { new_entry: entry }, 200, undefined, [wide]],
    ['twice', { new_entry: { ...entry, priority: 9 } }, 400, 'err_duplicate_rule', [wide]],
    [
      'replaced',
      { old_entry: wide, new_entry: { ...wide, priority: 8 } },
      200,
      undefined,
      [{ ...wide, priority: 8 }],
    ],
    ['deleted', { old_entry: { ...wide, priority: 8 }, new_entry: null }, 200, undefined, []],
  ];
  for (const [name, body, status, error, rules] of steps) {
    const answer = await update(body, admin);
    t.equal(answer.status, status, name);
    if (error === undefined) t.equal(answer.text, '1', name);
    else t.match(answer.json, { err_str: error, description: /./, detail: /./ }, name);
    t.strictSame(await own(), rules, name);
  }
  await update({ new_entry: entry }, admin);
  t.strictSame((await update({ new_entry: { ...entry, priority: 1 } }, admin)).json.err_args, {
    ...wide,
    priority: 1,
  });
  t.match(await update({ new_entry: { priority: 'x' } }, admin), {
    status: 422,
    json: { detail: [{ loc: ['body', 'new_entry', 'priority'] }] },
  });
  t.match(await update([], admin), { status: 422 });
});

t.test('a new rule counts soon, a deleted one no more', async (t) => {
  const admin = await logIn(url, smtp, 'admin@example.org');
  const rule = { category_code: 'GAME', cc: 'it', domain: 'b.it', priority: 1_000 };
  const first = async () =>
    (await ask(`${url}/api/v1/test-list/urls?country_code=IT`)).json.results[0].url;
  t.equal((await ask(UPDATE, json({ new_entry: rule }, admin))).status, 200);
  while ((await first()) !== 'https://b.it/') await sleep(10);
  t.equal((await ask(UPDATE, json({ old_entry: rule }, admin))).status, 200);
  while ((await first()) !== 'https://a.org/') await sleep(10);
  t.pass();
});
