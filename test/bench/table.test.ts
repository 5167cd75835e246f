/** The table of `make bench`: bench/support/table.ts. */
import { readFileSync } from 'node:fs';
import { test } from 'tap';
import {
  type BenchRow,
  type BenchTable,
  changes,
  changesText,
  goodness,
  tableText,
  withTables,
} from '../../bench/support/table.ts';

const row = (name: string, value: number, more: Partial<BenchRow> = {}): BenchRow => ({
  name,
  value,
  unit: 'per CPU-second',
  better: 'more',
  ...more,
});
const table = (...rows: BenchRow[]): BenchTable => ({
  machine: 'bench-host',
  processor: 'A processor, 2 cores',
  node: 'v20',
  measuredAt: '2026-08-21T10:15:03.000Z',
  rows,
});

test('goodness is the share of the limit, the larger the better', async (t) => {
  t.equal(goodness(row('rate', 50, { limit: 200 })), 0.25);
  t.equal(goodness(row('time', 40, { limit: 10, better: 'less' })), 0.25);
  t.equal(goodness(row('time without a limit', 4, { better: 'less' })), 0.25);
});

test('rows that fell by more than a tenth are named', async (t) => {
  const cases: [what: string, before: BenchRow, now: BenchRow, fell: boolean][] = [
    ['as before', row('a', 100), row('a', 100), false],
    ['better', row('a', 100), row('a', 300), false],
    ['a tenth', row('a', 100), row('a', 90), false],
    ['more than a tenth', row('a', 100), row('a', 89), true],
    ['longer', row('a', 10, { better: 'less' }), row('a', 12, { better: 'less' }), true],
    ['shorter', row('a', 12, { better: 'less' }), row('a', 10, { better: 'less' }), false],
    ['slower with its limit', row('a', 100, { limit: 200 }), row('a', 50, { limit: 100 }), false],
    ['slower than its limit', row('a', 100, { limit: 200 }), row('a', 100, { limit: 300 }), true],
    ['its limit is new', row('a', 100), row('a', 100, { limit: 900 }), false],
    ['its limit is gone, and it fell', row('a', 100, { limit: 900 }), row('a', 80), true],
  ];
  for (const [what, before, now, fell] of cases)
    t.same(
      changes(table(now), table(before)).map(({ kind, name }) => [kind, name]),
      fell ? [['fell', 'a']] : [],
      what,
    );
});

test('a row that is recorded and not measured is named, a new one is not', async (t) => {
  t.same(changes(table(row('new', 1)), table(row('old', 1))), [{ kind: 'missing', name: 'old' }]);
});

test('texts', async (t) => {
  const now = table(
    row('submit 2 KB', 1_117, { limit: 8_051, limitName: 'raw loop' }),
    row('page', 21.25, { unit: 'ms', better: 'less' }),
  );
  t.equal(
    tableText(now),
    `bench-host: A processor, 2 cores, node v20
work         measured              limit             share
submit 2 KB  1,117 per CPU-second  8,051 (raw loop)  0.14
page         21.3 ms
`,
  );
  const before = table(row('submit 2 KB', 2_234, { limit: 8_051 }), row('gone', 1));
  t.equal(
    changesText(changes(now, before), before.measuredAt),
    `FELL  submit 2 KB: by 50 % since 2026-08-21T10:15:03.000Z
GONE  gone: recorded at 2026-08-21T10:15:03.000Z, not measured now
`,
  );
  t.match(changesText(changes(now, now), now.measuredAt), /^no row fell/);
});

test('a page has the tables between its marks, without single calls of the API', (t) => {
  const page = 'before\n<!-- recorded -->\nold\n<!-- end of recorded -->\nafter\n';
  const recorded = table(
    row('rate', 50, { limit: 200, limitName: 'a loop' }),
    row('time', 4, { unit: 'ms', better: 'less' }),
    row('api /api/_/countries', 1),
  );
  const made = withTables(page, [recorded]);
  t.equal(
    made,
    `before
<!-- recorded -->

A processor, 2 cores, Node.js 20, 2026-08-21:

| work | measured | limit | share | the limit is |
| --- | --- | --- | --- | --- |
| rate | 50.0 per CPU-second | 200 | 0.25 | a loop |
| time | 4.00 ms |  |  |  |

<!-- end of recorded -->
after
`,
  );
  t.equal(withTables(made, [recorded]), made, 'the same again');
  t.throws(() => withTables('no marks', [recorded]), /is missing/);
  t.end();
});

test('docs/performance.md has what is recorded (make docs)', (t) => {
  const page = readFileSync('docs/performance.md', 'utf8');
  const recorded = JSON.parse(readFileSync('docs/performance.json', 'utf8')) as BenchTable[];
  t.equal(withTables(page, recorded), page);
  t.end();
});
