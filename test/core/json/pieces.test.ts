import t from 'tap';
import { hasLongList, jsonPieces, ROWS_OF_PIECE } from '../../../src/core/json/pieces.ts';

const rows = (count: number) => Array.from({ length: count }, (_, at) => ({ at, text: `"${at}é` }));

t.test('together they are the text', (t) => {
  const objects = [
    {},
    { a: undefined, b: 1, c: [] },
    { v: 0, result: rows(1), 'a "name"': { b: [1] } },
    { result: rows(ROWS_OF_PIECE), more: rows(ROWS_OF_PIECE + 1), end: null },
    { first: [undefined, [1, [2]], null], result: rows(2 * ROWS_OF_PIECE), last: undefined },
  ];
  for (const object of objects) t.equal([...jsonPieces(object)].join(''), JSON.stringify(object));
  t.end();
});

t.test('none is longer than some rows', (t) => {
  const pieces = [...jsonPieces({ v: 0, result: rows(3 * ROWS_OF_PIECE + 1) })];
  t.equal(pieces.length, 5);
  const longest = JSON.stringify(rows(4 * ROWS_OF_PIECE).slice(-ROWS_OF_PIECE)).length + 100;
  t.ok(pieces.every(({ length }) => length <= longest));
  t.end();
});

t.test('what it is for', (t) => {
  t.equal(hasLongList({ result: rows(ROWS_OF_PIECE + 1) }), true);
  for (const other of [{ result: rows(ROWS_OF_PIECE) }, rows(ROWS_OF_PIECE + 1), null, 'x'])
    t.equal(hasLongList(other), false);
  t.end();
});
