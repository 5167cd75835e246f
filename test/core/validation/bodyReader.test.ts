import t from 'tap';
import { jsonIssue, readObject } from '../../../src/core/validation/bodyReader.ts';

t.test('what fits is read', async (t) => {
  const reader = readObject({
    name: 'abc',
    empty: null,
    flag: true,
    list: ['a', 'b'],
    numbers: [1, '2', 4_294_967_295],
    day: '2026-07-11',
    time: '2026-07-11T10:00:00+02:00',
    inner: { a: 1 },
    things: [{}, { b: 2 }],
    kind: 'x',
  });
  t.equal(reader.text('name', { minLength: 3, maxLength: 3 }), 'abc');
  t.equal(reader.optionalText('empty'), null);
  t.equal(reader.optionalText('absent'), null);
  t.equal(reader.optionalBool('flag'), true);
  t.equal(reader.optionalBool('absent'), undefined);
  t.strictSame(reader.texts('list', { maxItems: 2 }), ['a', 'b']);
  t.strictSame(reader.integers('numbers', { maxItems: 3, max: 0xffffffff }), [1, 2, 4294967295]);
  t.equal(reader.datetime('day'), Date.parse('2026-07-11T00:00:00Z'));
  t.equal(reader.datetime('time'), Date.parse('2026-07-11T08:00:00Z'));
  t.strictSame(reader.object('inner'), { a: 1 });
  t.strictSame(reader.objects('things', { maxItems: 2 }), [{}, { b: 2 }]);
  t.equal(reader.choice('kind', ['x', 'y']), 'x');
  t.strictSame(reader.issues, []);
});

t.test('every fault is told, with its place and nothing long', async (t) => {
  const long = 'x'.repeat(1_000);
  const reader = readObject(
    {
      short: 'a',
      long,
      number: 1,
      flag: 'yes',
      list: ['a', 2],
      many: [1, 2, 3],
      numbers: [-1, 1.5, 'AS1', 4_294_967_296],
      day: 'yesterday',
      inner: [],
      things: 'no',
      kind: 'z',
      __proto__: { inherited: 'x' },
    },
    [],
    ['body', 'nettests', 0],
  );
  reader.text('absent');
  reader.text('inherited');
  reader.text('short', { minLength: 2 });
  reader.text('long', { maxLength: 10 });
  reader.text('number');
  reader.text('short', { pattern: '^b$' });
  reader.optionalBool('flag');
  reader.texts('list', { maxItems: 5 });
  reader.texts('many', { maxItems: 2 });
  reader.integers('numbers', { maxItems: 5, max: 0xffffffff });
  reader.datetime('day');
  reader.object('inner');
  reader.objects('things', { maxItems: 2 });
  reader.choice('kind', ['x', 'y']);
  reader.choice('absent', ['x']);
  t.strictSame(
    reader.issues.map(({ loc, type }) => [loc.slice(3).join('.'), type]),
    [
      ['absent', 'missing'],
      ['inherited', 'missing'],
      ['short', 'string_too_short'],
      ['long', 'string_too_long'],
      ['number', 'string_type'],
      ['short', 'string_pattern_mismatch'],
      ['flag', 'bool_type'],
      ['list.1', 'string_type'],
      ['many', 'too_long'],
      ['numbers.0', 'int_type'],
      ['numbers.1', 'int_type'],
      ['numbers.2', 'int_type'],
      ['numbers.3', 'int_type'],
      ['day', 'datetime_from_date_parsing'],
      ['inner', 'dict_type'],
      ['things', 'list_type'],
      ['kind', 'literal_error'],
      ['absent', 'missing'],
    ],
  );
  t.notMatch(JSON.stringify(reader.issues), long);
});

t.test('what is no object is one fault', async (t) => {
  for (const value of [null, [], 'text', 1, undefined]) {
    const reader = readObject(value);
    t.equal(reader.text('name'), '');
    t.strictSame(
      reader.issues.map(({ type }) => type),
      ['model_attributes_type'],
    );
  }
  t.match(jsonIssue('not JSON: Unexpected token at position 7'), { loc: ['body', 7] });
});
