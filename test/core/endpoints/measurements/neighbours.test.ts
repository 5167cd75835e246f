/** Versions of a measurement are neighbours: the one written last counts. */
import t from 'tap';
import { makeNeighbours } from '../../../../src/core/endpoints/measurements/neighbours.ts';
import type { SearchRow } from '../../../../src/core/endpoints/measurements/searchSql.ts';

const row = (measurement_uid: string, updated_ms: number, change: Partial<SearchRow> = {}) =>
  ({
    measurement_uid,
    report_id: 'r',
    input: '',
    measurement_start_time: '2024-01-01T00:00:00Z',
    updated_ms,
    ...change,
  }) as SearchRow;

t.test('each once', (t) => {
  const cases: [string, SearchRow[], [string, number][]][] = [
    ['none', [], []],
    ['one', [row('a', 1)], [['a', 1]]],
    [
      'two',
      [row('a', 1), row('b', 1)],
      [
        ['a', 1],
        ['b', 1],
      ],
    ],
    ['the later one first', [row('a', 9), row('a', 1), row('a', 3)], [['a', 9]]],
    ['the later one last', [row('a', 1), row('a', 9), row('b', 1)].slice(0, 2), [['a', 9]]],
    [
      'every part of the key tells apart',
      [
        row('a', 1),
        row('a', 1, { input: 'i' }),
        row('a', 1, { input: 'i', report_id: 's' }),
        row('a', 1, { input: 'i', report_id: 's', measurement_start_time: '2024-01-01T00:00:01Z' }),
      ],
      [
        ['a', 1],
        ['a', 1],
        ['a', 1],
        ['a', 1],
      ],
    ],
  ];
  for (const [name, rows, expected] of cases) {
    const neighbours = makeNeighbours();
    const found = rows.flatMap((each) => neighbours.push(each) ?? []);
    if (neighbours.last !== undefined) found.push(neighbours.last);
    t.strictSame(
      found.map((each) => [each.measurement_uid, each.updated_ms]),
      expected,
      name,
    );
  }
  t.end();
});
