/** Covers src/core/sources/acceptable.ts, src/core/sources/jobs.ts. */
import t from 'tap';
import { changeLines, type Held, objections } from '../../../src/core/sources/acceptable.ts';
import type { Content } from '../../../src/core/sources/job.ts';
import { JOBS } from '../../../src/core/sources/jobs.ts';

const REPLACED = [{ table: 'list', countries: '[cc]', leastRows: 50, mostRows: 1_000 }];

type Counts = Readonly<Record<string, number>>;
const total = (counts: Counts) => Object.values(counts).reduce((sum, n) => sum + n, 0);
const content = (counts: Counts): Content => ({
  tables: [
    {
      table: 'list',
      lines: Array.from({ length: total(counts) }, () => '{}'),
      byCountry: new Map(Object.entries(counts)),
    },
  ],
  rows: total(counts),
  sha256: '',
  faults: [],
  regularExpressions: [],
});
const held = (counts: Counts) =>
  new Map<string, Held>([
    ['list', { rows: total(counts), byCountry: new Map(Object.entries(counts)) }],
  ]);

t.test('what is believed', async (t) => {
  const cases: [string, Counts, Counts | undefined, RegExp[], RegExp[]][] = [
    ['the first content', { IT: 60 }, undefined, [], []],
    ['too few', { IT: 49 }, undefined, [/list: expected 50 to 1000 rows, found 49/], []],
    ['none', {}, undefined, [/found 0/], []],
    ['too many', { IT: 1_001 }, undefined, [/found 1001/], []],
    ['as before', { IT: 60 }, { IT: 60 }, [], []],
    ['twenty percent less', { IT: 80 }, { IT: 100 }, [], []],
    ['more is lost', { IT: 79 }, { IT: 100 }, [], [/100 rows would become 79/]],
    ['half of a country', { IT: 400, FR: 5 }, { IT: 400, FR: 10 }, [], []],
    [
      'more than that',
      { IT: 400, FR: 4 },
      { IT: 400, FR: 10 },
      [],
      [/more than half is lost of FR \(10 rows would become 4\)/],
    ],
    [
      'a country that is gone',
      { IT: 400 },
      { IT: 400, FR: 10 },
      [],
      [/FR \(10 rows would become 0\)/],
    ],
    ['a small country that is gone', { IT: 400 }, { IT: 400, FR: 9 }, [], []],
    ['an empty table is filled', { IT: 60 }, {}, [], []],
    [
      'many countries',
      { IT: 900 },
      { IT: 900, A: 10, B: 11, C: 12, D: 13, E: 14, F: 15 },
      [],
      [/F \(15 .*\), E .*, B \(11 rows would become 0\) and 1 more$/],
    ],
  ];
  for (const [name, next, before, wrong, shrunk] of cases) {
    const found = objections(content(next), REPLACED, before ? held(before) : new Map(), {
      maxLossPercent: 20,
    });
    t.match(found.wrong, wrong, name);
    t.equal(found.wrong.length, wrong.length, name);
    t.match(found.shrunk, shrunk, name);
    t.equal(found.shrunk.length, shrunk.length, name);
  }
  t.strictSame(
    objections(content({ IT: 3 }), REPLACED, new Map(), { maxLossPercent: 20, leastRows: 1 }).wrong,
    [],
    'the config says how few are enough',
  );
});

t.test('what would change', async (t) => {
  t.strictSame(changeLines(content({ IT: 3, FR: 1 }), held({ IT: 1, DE: 2, FR: 1 })), [
    'list: 4 -> 4 rows (DE -2, IT +2)',
  ]);
  t.strictSame(changeLines(content({ IT: 3 }), new Map()), ['list: 0 -> 3 rows (IT +3)']);
  t.strictSame(changeLines(content({ IT: 3 }), held({ IT: 3 })), ['list: 3 -> 3 rows']);
  const strange = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, i) => [`no country ${i}`, 1]),
  );
  const [line] = changeLines(content(strange), new Map());
  t.match(line, / and 4700 more\)$/);
  t.ok(line!.length < 10_000, 'what is no country does not fill the log');
});

t.test('each job has a name of its own, and says what it wants', async (t) => {
  t.equal(new Set(JOBS.map(({ name }) => name)).size, JOBS.length);
  for (const job of JOBS) {
    for (const name of job.files ?? []) t.equal(job.wants(name), true, name);
    t.equal(job.wants('debian/control'), false);
  }
});
