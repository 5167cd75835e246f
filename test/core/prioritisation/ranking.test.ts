/**
 * Rules, weights, ties and what is picked (protocol, probes 4.8 and 4.9).
 *
 * Covers src/core/prioritisation/{categories,counters,defaultRules,failover,failoverList,random,ranking,rules}.ts.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { readCategories } from '../../../src/core/prioritisation/categories.ts';
import {
  countedWeeks,
  countersBuilder,
  countsOfNetwork,
  NO_COUNTERS,
} from '../../../src/core/prioritisation/counters.ts';
import { DEFAULT_RULES } from '../../../src/core/prioritisation/defaultRules.ts';
import { PACKAGED_LIST, sampleTexts } from '../../../src/core/prioritisation/failover.ts';
import { seededRandom } from '../../../src/core/prioritisation/random.ts';
import { makePrioritiser, pick } from '../../../src/core/prioritisation/ranking.ts';
import {
  priorityOf,
  type Rule,
  ruleMatches,
  rulesOfCountry,
  weightOf,
} from '../../../src/core/prioritisation/rules.ts';
import {
  listDifferences,
  type PrioritisationCase,
  prioritised,
} from '../../conformance/prioritisationCases.ts';

const SAMPLE = new URL('../../conformance/sample/probe/cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(SAMPLE, 'utf8')) as PrioritisationCase[];

t.test('the sample of cases', async (t) => {
  for (const golden of cases)
    for (const seed of [1, 2, 3])
      t.strictSame(listDifferences(golden, prioritised(golden, seed)), [], golden.name);
});

t.test('a list that differs is told', async (t) => {
  const golden = cases[2]!;
  const list = prioritised(golden, 1);
  t.match(listDifferences(golden, list.slice(1)), ['expected 4 entries, found 3']);
  t.match(listDifferences(golden, [list[3]!, list[1]!, list[2]!, list[0]!]), [
    /^0: expected XX/,
    /^3: /,
  ]);
  t.match(listDifferences(golden, [{ ...list[0]!, weight: 150.001 }, ...list.slice(1)]), [
    /^0: weight/,
  ]);
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
const entry = (text: string) => {
  const [category_code, cc, domain, url] = text.split(' ') as [string, string, string, string];
  return { category_code, cc, domain, url };
};

t.test('which rule means which entry', async (t) => {
  const table: [entry: string, rule: string, matches: boolean][] = [
    ['MISC ZZ a.org https://a.org/', 'MISC US * * 1', true],
    ['MISC US a.org https://a.org/', 'MISC US * * 1', true],
    ['MISC us a.org https://a.org/', 'MISC US * * 1', true],
    ['MISC US a.org https://a.org/', 'MISC us * * 1', true],
    ['MISC US a.org https://a.org/', '* * * * 1', true],
    ['MISC US a.org https://a.org/', 'MISC IE * * 1', false],
    ['MISC US a.org https://a.org/', 'NEWS US * * 1', false],
    ['MISC US a.org https://a.org/', 'MISC * b.org * 1', false],
    ['MISC US a.org https://a.org/', 'MISC * a.org https://a.org/ 1', true],
    ['MISC US a.org https://a.org/', 'MISC * a.org https://a.org/b 1', false],
  ];
  for (const [given, wanted, matches] of table)
    t.equal(ruleMatches(rule(wanted), entry(given)), matches, `${given} | ${wanted}`);
  const rules = [rule('A it * * 1'), rule('B IT * * 1'), rule('C * * * 1'), rule('D DE * * 1')];
  t.strictSame(
    rulesOfCountry([...rules, { ...rules[0]!, category_code: 'E', cc: '' }], 'IT')
      .map(({ category_code }) => category_code)
      .join(''),
    'ABCE',
  );
});

t.test('priority and weight', async (t) => {
  const us = priorityOf(entry('MISC ZZ a.org u'), [
    rule('MISC * * * 20'),
    rule('MISC US * * -200'),
  ]);
  t.equal(us, -180);
  t.equal(weightOf(us, 38), -4.7368421052631575);
  const it = priorityOf(entry('GRP it x.org u'), [
    rule('GRP IT * * 20'),
    rule('GRP IT x.org * 400'),
  ]);
  t.equal(it, 420);
  t.equal(weightOf(it, 38), 11.052631578947368);
  t.equal(weightOf(100, 0), 1000);
  t.equal(DEFAULT_RULES.length, 31);
});

t.test('weeks begin on Sunday, UTC', async (t) => {
  t.strictSame(countedWeeks(Date.parse('2026-07-12T00:00:00Z')), ['2026-07-12', '2026-07-05']);
  t.strictSame(countedWeeks(Date.parse('2026-07-11T23:59:59Z')), ['2026-07-05', '2026-06-28']);
  t.strictSame(countedWeeks(Date.parse('2027-01-01T12:00:00Z')), ['2026-12-27', '2026-12-20']);
});

const counters = (rows: Record<string, [cc: string, asn: number, count: number][]>) => {
  const builder = countersBuilder();
  for (const [input, networks] of Object.entries(rows))
    builder.add({
      input,
      ccs: networks.map(([cc]) => cc),
      asns: networks.map(([, asn]) => asn),
      counts: networks.map(([, , count]) => count),
    });
  return builder.build();
};

t.test('counts are of a network, and of its country', async (t) => {
  const made = counters({
    a: [
      ['IT', 1, 2],
      ['IT', 2, 3],
      ['DE', 1, 7],
    ],
    b: [['IT', 0, 4]],
  });
  t.strictSame(countsOfNetwork(made, 'IT', 1), Uint32Array.of(0, 2));
  t.strictSame(countsOfNetwork(made, 'IT', 0), Uint32Array.of(0, 5, 1, 4));
  t.equal(countsOfNetwork(made, 'FR', 1), undefined);
});

const LIST = [
  ...Array.from('abcdefgh', (name) => entry(`NEWS ZZ ${name}.org https://${name}.org/`)),
  entry('GRP it i.it https://i.it/'),
];
const RULES = [rule('NEWS * * * 10'), rule('GRP * * * 20')];

t.test('equal weights are shuffled, the same way with the same seed', async (t) => {
  const ranking = makePrioritiser({
    testList: LIST,
    rules: RULES,
    counters: NO_COUNTERS,
  }).rankingOf('IT', 1);
  const order = (seed: number) =>
    pick(ranking, { categories: undefined, limit: 9 }, seededRandom(seed));
  t.strictSame(order(1), order(1));
  const orders = new Set([1, 2, 3, 4, 5, 6].map((seed) => order(seed).join()));
  t.ok(orders.size > 1);
  for (const seed of [1, 2, 3]) {
    t.equal(order(seed)[0], 0, 'the heaviest is no part of it');
    t.strictSame([...order(seed)].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  }
  // Each of eight may be the first: none is preferred.
  const firsts = new Map<number, number>();
  const random = seededRandom(7);
  for (let round = 0; round < 8_000; round++) {
    const first = pick(ranking, { categories: new Set(['NEWS']), limit: 1 }, random)[0]!;
    firsts.set(first, (firsts.get(first) ?? 0) + 1);
  }
  t.equal(firsts.size, 8);
  for (const count of firsts.values()) t.ok(count > 850 && count < 1_150, `${count} of 1000`);
});

t.test('the limit counts what is left after the filter', async (t) => {
  const ranking = makePrioritiser({
    testList: LIST,
    rules: RULES,
    counters: NO_COUNTERS,
  }).rankingOf('IT', 1);
  const count = (categories: string[] | undefined, limit: number) =>
    pick(ranking, { categories: categories && new Set(categories), limit }, seededRandom(1)).length;
  t.equal(count(undefined, 3), 3);
  t.equal(count(['GRP'], 3), 1);
  t.equal(count(['NEWS'], 9999), 8);
  t.equal(count(['GAME'], 9999), 0);
});

t.test('countries and networks that nobody knows share one list', async (t) => {
  const prioritiser = makePrioritiser({
    testList: LIST,
    rules: RULES,
    counters: counters({ 'https://a.org/': [['IT', 1, 5]] }),
  });
  t.equal(prioritiser.rankingOf('QX', 1), prioritiser.rankingOf('QY', 2));
  t.equal(prioritiser.rankingOf('IT', 2), prioritiser.rankingOf('IT', 3));
  t.not(prioritiser.rankingOf('IT', 1), prioritiser.rankingOf('IT', 2));
  t.equal(prioritiser.listOf('QX').entries.length, 8);
  t.equal(prioritiser.listOf('IT').entries.length, 9);
  t.equal(
    prioritiser.listOf('IT').texts[0],
    '{"category_code":"GRP","url":"https://i.it/","country_code":"IT"}',
  );
});

t.test('category codes of a request', async (t) => {
  const table: [given: unknown, codes: string[] | undefined][] = [
    [undefined, undefined],
    [null, undefined],
    ['', undefined],
    [[], undefined],
    [
      ['NEWS', 'HUMR'],
      ['NEWS', 'HUMR'],
    ],
    ['NEWS,HUMR', ['NEWS', 'HUMR']],
    [' news , HUMR,,NEWS', ['NEWS', 'HUMR']],
    [['NEWS', null, 3, '', 'A1', {}], ['NEWS']],
    [['1'], undefined],
    [{ NEWS: true }, undefined],
  ];
  for (const [given, codes] of table)
    t.strictSame(readCategories(given), codes && new Set(codes), JSON.stringify(given));
  t.equal(
    readCategories(
      Array.from(
        { length: 200 },
        (_, at) => `A${String.fromCharCode(65 + (at % 26), 65 + Math.floor(at / 26))}`,
      ),
    )!.size,
    100,
  );
});

t.test('the list of the package', async (t) => {
  t.ok(PACKAGED_LIST.length >= 100, `${PACKAGED_LIST.length}`);
  t.equal(new Set(PACKAGED_LIST.map(({ url }) => url)).size, PACKAGED_LIST.length);
  const known = new Set(DEFAULT_RULES.map(({ category_code }) => category_code));
  for (const { category_code, url } of PACKAGED_LIST) {
    t.ok(known.has(category_code), category_code);
    t.equal(new URL(url).href, url);
  }
  const urls = sampleTexts(PACKAGED_LIST, { categories: undefined, limit: 20 }, seededRandom(1));
  t.equal(new Set(urls).size, 20);
  const news = sampleTexts(
    PACKAGED_LIST,
    { categories: new Set(['NEWS']), limit: 9999 },
    seededRandom(1),
  );
  t.equal(
    news.length,
    PACKAGED_LIST.filter(({ category_code }) => category_code === 'NEWS').length,
  );
  for (const text of news) t.match(JSON.parse(text), { category_code: 'NEWS', country_code: 'XX' });
});
