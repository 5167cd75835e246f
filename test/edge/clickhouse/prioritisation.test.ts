/**
 * The tables of URL prioritisation on the real engine (protocol, probes 4.8).
 *
 * Covers src/core/sql/prioritisation.ts, src/core/sql/migrations/0005_prioritisation.ts,
 * src/core/prioritisation/ruleChange.ts.
 */
import t from 'tap';
import { countsOfNetwork } from '../../../src/core/prioritisation/counters.ts';
import { DEFAULT_RULES } from '../../../src/core/prioritisation/defaultRules.ts';
import {
  readRuleChange,
  refusalOf,
  withWildcards,
} from '../../../src/core/prioritisation/ruleChange.ts';
import type { Rule } from '../../../src/core/prioritisation/rules.ts';
import { rebuild } from '../../../src/edge/clickhouse/migrate.ts';
import {
  changeRules,
  readCounters,
  readRules,
  readTestList,
} from '../../../src/edge/clickhouse/prioritisation.ts';
import { startDatabase } from '../../api/support.ts';
import { connectTo } from '../../support/clickhouseClient.ts';

const url = await startDatabase(t);
const client = connectTo(t, url, 'ooni');

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const at = (daysAgo: number) =>
  new Date(nowMs - daysAgo * DAY_MS).toISOString().slice(0, 19).replace('T', ' ');

let number = 0;
const row = (input: string, cc: string, asn: number, more: Record<string, unknown> = {}) => {
  const uid = `20260711174409.${String(number++).padStart(6, '0')}_IT_webconnectivity_0123456789abcdef`;
  return {
    measurement_uid: uid,
    report_id: `r${number}`,
    input,
    probe_cc: cc,
    probe_asn: asn,
    test_name: 'web_connectivity',
    test_start_time: at(0),
    measurement_start_time: at(0),
    ...more,
  };
};
const insert = (table: string, values: Record<string, unknown>[]) =>
  client.insert({ table, values, format: 'JSONEachRow' });

/** `CC asn url=count …` of all networks. */
async function counted(): Promise<string[]> {
  const { urls, networks } = await readCounters(client, nowMs);
  return [...networks]
    .map(([network, pairs]) => {
      const counts: string[] = [];
      for (let place = 0; place < pairs.length; place += 2)
        counts.push(`${urls[pairs[place]!]}=${pairs[place + 1]}`);
      return `${network} ${counts.sort().join(' ')}`;
    })
    .sort();
}

t.test('the test list', async (t) => {
  t.strictSame(await readTestList(client), []);
  const rows = [
    { category_code: 'NEWS', domain: 'a.org', url: 'https://a.org/', cc: 'ZZ' },
    { category_code: 'HUMR', domain: 'a.org', url: 'https://a.org/', cc: 'it' },
    { category_code: 'NEWS', domain: 'b.org', url: 'https://b.org/', cc: 'it' },
  ];
  await insert('citizenlab', rows);
  await insert('citizenlab', rows);
  t.strictSame(await readTestList(client), [rows[0], rows[1], rows[2]]);
});

t.test('a measurement counts once', async (t) => {
  const first = row('https://a.org/', 'IT', 3269);
  const rows = [
    first,
    row('https://a.org/', 'IT', 30722),
    row('https://a.org/', 'DE', 3269, { measurement_start_time: at(7) }),
    row('https://b.org/', 'IT', 3269, { anomaly: 't' }),
    row('https://b.org/', 'IT', 3269, { measurement_start_time: at(30) }),
    row('https://b.org/', 'IT', 3269, { measurement_start_time: at(-30) }),
    row('https://b.org/', 'IT', 3269, { test_name: 'ndt' }),
    row('https://in-no-list.org/', 'IT', 3269),
    row('', 'IT', 3269),
  ];
  await insert('fastpath', rows);
  const expected = [
    'DE 0 https://a.org/=1',
    'DE 3269 https://a.org/=1',
    'IT 0 https://a.org/=2 https://b.org/=1',
    'IT 30722 https://a.org/=1',
    'IT 3269 https://a.org/=1 https://b.org/=1',
  ];
  t.strictSame(await counted(), expected);
  // Scored again, and sent again.
  await insert('fastpath', [{ ...first, anomaly: 't', scores: '{}' }]);
  await insert('fastpath', rows);
  t.strictSame(await counted(), expected);
  await client.command({ query: 'OPTIMIZE TABLE counters_asn_test_list FINAL' });
  t.strictSame(await counted(), expected, 'and so after a merge');
  await insert('citizenlab', [
    { category_code: 'NEWS', domain: 'c', url: 'https://in-no-list.org/', cc: 'fr' },
  ]);
  const later = await readCounters(client, nowMs);
  t.equal(countsOfNetwork(later, 'IT', 3269)!.length, 6, 'a URL that comes later has its past');
});

t.test('what was lost is counted anew', async (t) => {
  const before = await counted();
  await client.command({ query: 'TRUNCATE TABLE counters_asn_test_list' });
  t.strictSame(await counted(), []);
  t.strictSame((await rebuild(client, 'ooni')).slice(0, 1), ['prioritisation']);
  t.strictSame(await counted(), before);
  await rebuild(client, 'ooni');
  t.strictSame(await counted(), before);
});

t.test('two weeks are kept', async (t) => {
  const result = await client.query({
    query: `SELECT engine_full, sorting_key FROM system.tables
      WHERE database = 'ooni' AND name = 'counters_asn_test_list'`,
    format: 'JSONEachRow',
  });
  const [table] = await result.json<{ engine_full: string; sorting_key: string }>();
  t.match(table!.sorting_key, /^week, /);
  t.match(table!.engine_full, /TTL week \+ toIntervalDay\(14\)/);
});

const rule = (text: string): Rule => {
  const [category_code, cc, domain, url, priority] = text.split(' ') as [
    string,
    string,
    string,
    string,
    string,
  ];
  return { category_code, cc, domain, url, priority: Number(priority) };
};
const change = (old: string | null, next: string | null) => ({
  old: old === null ? undefined : rule(old),
  next: next === null ? undefined : rule(next),
});
/** Rules that are none of a new database. */
async function ownRules(): Promise<string[]> {
  const { live } = await readRules(client);
  return live
    .filter(({ category_code }) => category_code === 'X')
    .map((own) => Object.values(own).join(' '));
}

t.test('a new database has the default rules', async (t) => {
  const { live, isEmpty } = await readRules(client);
  t.equal(isEmpty, false);
  const sorted = (rules: readonly Rule[]) =>
    rules.map(({ category_code, priority }) => `${category_code} ${priority}`).sort();
  t.strictSame(sorted(live), sorted(DEFAULT_RULES));
  t.strictSame([...new Set(live.map(({ cc, domain, url }) => cc + domain + url))], ['***']);
});

t.test('rules change as a whole or not at all', async (t) => {
  const steps: [
    name: string,
    old: string | null,
    next: string | null,
    made: boolean,
    rules: string[],
  ][] = [
    ['created', null, 'X it * * 5', true, ['X it * * 5']],
    ['not twice', null, 'X it * * 9', false, ['X it * * 5']],
    ['another priority', 'X it * * 5', 'X it * * 7', true, ['X it * * 7']],
    ['with the old one', 'X it * * 5', 'X it * * 8', false, ['X it * * 7']],
    ['another place', 'X it * * 7', 'X de * * 7', true, ['X de * * 7']],
    ['one that is not there', 'X it * * 7', 'X fr * * 7', false, ['X de * * 7']],
    ['a second', null, 'X it a.org * -3', true, ['X de * * 7', 'X it a.org * -3']],
    ['onto the first', 'X it a.org * -3', 'X de * * 1', false, ['X de * * 7', 'X it a.org * -3']],
    ['as it is', 'X de * * 7', 'X de * * 7', true, ['X de * * 7', 'X it a.org * -3']],
    ['deleted, whatever its priority', 'X de * * 1', null, true, ['X it a.org * -3']],
    ['deleted again', 'X de * * 1', null, false, ['X it a.org * -3']],
    ['created again', null, 'X de * * 2', true, ['X de * * 2', 'X it a.org * -3']],
    ['deleted', 'X de * * 2', null, true, ['X it a.org * -3']],
    ['the last', 'X it a.org * -3', null, true, []],
  ];
  for (const [name, old, next, made, rules] of steps) {
    const asked = change(old, next);
    // What is refused in words is what the statement does not do.
    const refusal = refusalOf(asked, (await readRules(client)).live);
    if (next !== null) t.equal(refusal === undefined, made, name);
    t.equal(await changeRules(client, asked), made, name);
    t.strictSame(await ownRules(), rules, name);
  }
});

t.test('a rule that was written by hand', async (t) => {
  // With empty texts, as the ancestor had it; deleted and written again by sign.
  const values = { category_code: 'X', cc: '', domain: '', url: '', priority: 4 };
  await insert('url_priorities', [{ sign: 1, ...values }]);
  t.strictSame((await ownRules()).length, 1);
  t.equal(await changeRules(client, change(null, 'X * * * 5')), false);
  t.equal(await changeRules(client, change('X * * * 4', 'X * * * 5')), true);
  t.strictSame(await ownRules(), ['X * * * 5']);
  await insert('url_priorities', [{ sign: -1, ...values, cc: '*', domain: '*', url: '*' }]);
  t.strictSame(await ownRules(), []);
  await insert('url_priorities', [{ sign: 1, ...values, cc: 'it' }]);
  t.equal(await changeRules(client, change('X it * * 0', null)), true);
  t.strictSame(await ownRules(), []);
});

t.test('texts are texts', async (t) => {
  const odd = {
    category_code: 'X',
    cc: "'",
    domain: '\\',
    url: "{a:String}'); --\n\t",
    priority: 1,
  };
  t.equal(await changeRules(client, { old: undefined, next: odd }), true);
  t.strictSame(
    (await readRules(client)).live.filter(({ category_code }) => category_code === 'X'),
    [odd],
  );
  t.equal(await changeRules(client, { old: odd, next: undefined }), true);
  t.strictSame(await ownRules(), []);
});

t.test('what a request asks for', async (t) => {
  const full = rule('NEWS it a.org https://a.org/ 5');
  const table: [body: unknown, expected: object][] = [
    [{ new_entry: full }, { kind: 'ok', change: { old: undefined, next: full } }],
    [
      { old_entry: full, new_entry: null },
      { kind: 'ok', change: { old: full, next: undefined } },
    ],
    [
      { old_entry: { priority: '3' }, new_entry: { cc: '', url: null, priority: -3 } },
      { kind: 'ok', change: { old: rule('* * * * 3'), next: rule('* * * * -3') } },
    ],
    [{}, { kind: 'refused', refusal: { err_str: 'err_no_proposed_changes', err_args: null } }],
    [{ old_entry: null, new_entry: null }, { kind: 'refused' }],
    [[], { kind: 'invalid', issues: [{ loc: ['body'], type: 'model_attributes_type' }] }],
    ['x', { kind: 'invalid' }],
    [{ new_entry: {} }, { kind: 'invalid', issues: [{ loc: ['body', 'new_entry', 'priority'] }] }],
    [{ new_entry: [] }, { kind: 'invalid', issues: [{ loc: ['body', 'new_entry'] }] }],
    [
      { new_entry: { cc: 3, priority: 1.5 } },
      {
        kind: 'invalid',
        issues: [{ loc: ['body', 'new_entry', 'cc'] }, { loc: ['body', 'new_entry', 'priority'] }],
      },
    ],
    [{ new_entry: { url: 'x'.repeat(2_001), priority: 1 } }, { kind: 'invalid' }],
    [{ new_entry: { priority: 1_000_001 } }, { kind: 'invalid' }],
    [{ new_entry: { priority: true } }, { kind: 'invalid' }],
  ];
  for (const [body, expected] of table)
    t.match(readRuleChange(body), expected, JSON.stringify(body).slice(0, 80));
  t.strictSame(withWildcards({ ...full, cc: '' }).cc, '*');
});
