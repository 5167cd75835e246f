import t from 'tap';
import {
  contains,
  describe,
  equal,
  items,
  listOrEmpty,
  MalformedField,
  stored,
  truthy,
} from '../../../src/core/scoring/values.ts';

t.test('truth', async (t) => {
  for (const value of [null, undefined, false, 0, -0, '', [], {}]) t.equal(truthy(value), false);
  for (const value of [true, 1, -1, 0.5, ' ', '0', [null], { a: null }])
    t.equal(truthy(value), true);
});

t.test('equality', async (t) => {
  for (const [a, b] of [
    [1, true],
    [false, 0],
    [
      [1, { a: [true] }],
      [true, { a: [1] }],
    ],
    [
      { a: 1, b: null },
      { b: null, a: 1 },
    ],
    ['x', 'x'],
  ]) {
    t.ok(equal(a, b));
  }
  for (const [a, b] of [
    [1, '1'],
    [null, false],
    [[], {}],
    [[], ''],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [{ a: undefined }, { constructor: undefined }],
  ]) {
    t.notOk(equal(a, b));
  }
});

t.test('containment', async (t) => {
  t.ok(contains('an ssl_error', 'ssl_error', 'f'));
  t.ok(contains(['ssl_error'], 'ssl_error', 'f'));
  t.notOk(contains(['an ssl_error'], 'ssl_error', 'f'));
  t.ok(contains({ ssl_error: null }, 'ssl_error', 'f'));
  t.notOk(contains({}, 'constructor', 'f'));
  t.throws(() => contains(5, 'x', 'f'), { message: 'f: expected text or a list, found a number' });
});

t.test('lists', async (t) => {
  t.strictSame(listOrEmpty(['x'], 'f'), ['x']);
  for (const value of [null, undefined, '', {}]) t.strictSame(listOrEmpty(value, 'f'), []);
  for (const value of [0, false, 'x', { a: 1 }])
    t.throws(() => listOrEmpty(value, 'f'), MalformedField);
  t.strictSame([...items('a😀', 'f')], ['a', '😀']);
  t.strictSame(items({ a: 1, b: 2 }, 'f'), ['a', 'b']);
  t.throws(() => items(null, 'f'), MalformedField);
});

t.test('what is stored again', async (t) => {
  t.equal(stored(undefined, 'f'), null);
  t.strictSame(stored({ a: [1] }, 'f'), { a: [1] });
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  t.throws(() => stored(deep, 'f'), { message: 'f: expected at most 1000 levels, found a list' });
});

t.test('descriptions tell no content', async (t) => {
  const shown = [undefined, null, true, 1, 'secret', [1], { a: 1 }].map(describe);
  t.strictSame(shown, ['nothing', 'null', 'true', 'a number', 'text', 'a list', 'an object']);
});
