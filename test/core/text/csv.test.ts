import t from 'tap';
import { ROWS_OF_PIECE } from '../../../src/core/json/pieces.ts';
import { csvPieces, csvText } from '../../../src/core/text/csv.ts';

t.test('CSV', (t) => {
  const cases: [string, Record<string, unknown>[], string][] = [
    ['no rows', [], ''],
    ['columns by name', [{ b: 1, a: 'x' }], 'a,b\r\nx,1\r\n'],
    [
      'all rows have the columns of the first',
      [{ a: 1 }, { a: 2, b: 3 }, {}],
      'a\r\n1\r\n2\r\n\r\n',
    ],
    ['null is empty', [{ a: null, b: 0 }], 'a,b\r\n,0\r\n'],
    [
      'quoted where it must be',
      [{ a: 'x,y', b: 'say "no"', c: 'l\nm', d: ' ' }],
      'a,b,c,d\r\n"x,y","say ""no""","l\nm", \r\n',
    ],
  ];
  for (const [name, rows, expected] of cases) t.equal(csvText(rows), expected, name);
  t.end();
});

t.test('many rows are made in pieces', (t) => {
  const rows = Array.from({ length: 2 * ROWS_OF_PIECE + 1 }, (_, at) => ({ b: at, a: ',' }));
  const pieces = [...csvPieces(rows)];
  t.equal(pieces.length, 4, 'names, and rows three times');
  const lines = rows.map(({ b }) => `",",${b}\r\n`);
  t.equal(pieces.join(''), `a,b\r\n${lines.join('')}`);
  t.end();
});
