/**
 * Covers src/core/endpoints/parameters.ts.
 */
import t from 'tap';
import { endpoint, readQuery } from '../../../src/core/endpoints/endpoint.ts';
import {
  asnList,
  bool,
  choice,
  datetime,
  integer,
  list,
  text,
  uint64,
} from '../../../src/core/endpoints/parameters.ts';

const every = endpoint({
  path: '/x',
  summary: 'All types',
  cacheSeconds: 1,
  parameters: {
    text: text('', { minLength: 3 }),
    list: list(''),
    asns: asnList(''),
    bool: bool(''),
    integer: integer('', { min: 1, max: 5, otherwise: 2 }),
    uint64: uint64(''),
    datetime: datetime(''),
    choice: choice('', ['a', 'b']),
  },
  read: (given, nowMs) =>
    given.choice === 'b'
      ? { kind: 'refused', status: 400, detail: 'No b' }
      : { kind: 'ok', asked: { ...given, nowMs } },
  queries: () => ({ rows: { sql: 'SELECT 1 AS one', values: {} } }),
  answer: (rows: { readonly rows: readonly { readonly one: number }[] }) => ({
    kind: 'json',
    value: rows.rows,
  }),
});

const read = (query: string) => readQuery(every, new URLSearchParams(query), 7);

t.test('parameters are read by their type', (t) => {
  const none = {
    text: undefined,
    list: undefined,
    asns: undefined,
    bool: undefined,
    integer: 2,
    uint64: undefined,
    datetime: undefined,
    choice: undefined,
    nowMs: 7,
  };
  t.strictSame(read(''), { kind: 'ok', asked: none });
  t.strictSame(
    read(
      'text=abc&list=b,a,b&asns=AS3,1&bool=yes&integer=5&uint64=18446744073709551615&datetime=1970-01-02&choice=a',
    ),
    {
      kind: 'ok',
      asked: {
        text: 'abc',
        list: ['a', 'b'],
        asns: [1, 3],
        bool: true,
        integer: 5,
        uint64: '18446744073709551615',
        datetime: 86_400_000,
        choice: 'a',
        nowMs: 7,
      },
    },
  );
  t.end();
});

t.test('all faults at once, and before the rules between parameters', (t) => {
  const result = read('text=a&asns=x&bool=maybe&integer=6&uint64=-1&datetime=soon&choice=b');
  t.equal(result.kind, 'invalid');
  t.strictSame(result.kind === 'invalid' && result.issues.map(({ loc }) => loc.join('.')), [
    'query.text',
    'query.asns',
    'query.bool',
    'query.integer',
    'query.uint64',
    'query.datetime',
  ]);
  t.strictSame(read('choice=b'), { kind: 'refused', status: 400, detail: 'No b' });
  t.match(read('choice=c'), { kind: 'invalid' });
  t.end();
});
