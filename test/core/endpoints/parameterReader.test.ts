import t from 'tap';
import {
  type ParameterReader,
  readParameters,
} from '../../../src/core/endpoints/parameterReader.ts';

/** Reads one parameter `x` out of a query text: its value and the types of its issues. */
function read<T>(query: string, use: (reader: ParameterReader) => T) {
  const reader = readParameters(new URLSearchParams(query));
  const value = use(reader);
  return { value, issues: reader.issues.map(({ type }) => type) };
}

const cases: [string, (reader: ParameterReader) => unknown, [string, unknown, string?][]][] = [
  [
    'text',
    (reader) => reader.text('x', { minLength: 3 }),
    [
      ['', undefined],
      ['x=', undefined],
      ['x=abc', 'abc'],
      ['x=a+b%2Bc', 'a b+c'],
      ['x=first&x=last', 'last'],
      ['x=ab', undefined, 'string_too_short'],
    ],
  ],
  [
    'list',
    (reader) => reader.list('x'),
    [
      ['', undefined],
      ['x=', undefined],
      ['x=,', undefined],
      ['x=,+,', undefined],
      ['x=b,a', ['a', 'b']],
      ['x=b,+a+,b,', ['a', 'b']],
      ['x=a&x=b,c', ['b', 'c']],
    ],
  ],
  [
    'asnList',
    (reader) => reader.asnList('x'),
    [
      ['x=', undefined],
      ['x=AS30722', [30722]],
      ['x=30722', [30722]],
      ['x=as1,AS0,10,9', [0, 1, 9, 10]],
      ['x=AS1,1', [1]],
      ['x=4294967295', [4294967295]],
      ['x=4294967296', [0], 'value_error'],
      ['x=ASAS1', [0], 'value_error'],
      ['x=AS', [0], 'value_error'],
      ['x=-1', [0], 'value_error'],
      ['x=1e3', [0], 'value_error'],
    ],
  ],
  [
    'bool',
    (reader) => reader.bool('x'),
    [
      ['', undefined],
      ['x=', undefined],
      ...['true', 'TRUE', '1', 'yes', 'On', 't', 'Y'].map((text): [string, unknown] => [
        `x=${text}`,
        true,
      ]),
      ...['false', 'False', '0', 'no', 'off', 'f', 'n'].map((text): [string, unknown] => [
        `x=${text}`,
        false,
      ]),
      ['x=maybe', undefined, 'bool_parsing'],
      ['x=2', undefined, 'bool_parsing'],
      ['x=null', undefined, 'bool_parsing'],
    ],
  ],
  [
    'integer',
    (reader) => reader.integer('x', { min: 0, max: 100 }),
    [
      ['x=', undefined],
      ['x=0', 0],
      ['x=100', 100],
      ['x=%2B7', 7],
      ['x=+7+', 7],
      ['x=1.0', 1],
      ['x=-0', -0],
      ['x=1.5', undefined, 'int_parsing'],
      ['x=1e1', undefined, 'int_parsing'],
      ['x=0x10', undefined, 'int_parsing'],
      ['x=ten', undefined, 'int_parsing'],
      ['x=-1', undefined, 'greater_than_equal'],
      ['x=101', undefined, 'less_than_equal'],
      ['x=99999999999999999999', undefined, 'int_parsing'],
    ],
  ],
  [
    'uint64',
    (reader) => reader.uint64('x'),
    [
      ['x=', undefined],
      ['x=12345', '12345'],
      ['x=18446744073709551615', '18446744073709551615'],
      ['x=18446744073709551616', undefined, 'int_parsing'],
      ['x=abc', undefined, 'int_parsing'],
      ['x=-1', undefined, 'int_parsing'],
    ],
  ],
  [
    'datetime',
    (reader) => reader.datetime('x'),
    [
      ['x=', undefined],
      ['x=2024-01-01', Date.UTC(2024, 0, 1)],
      ['x=undefined', undefined, 'datetime_from_date_parsing'],
    ],
  ],
  [
    'choice',
    (reader) => reader.choice('x', ['a']),
    [
      ['x=', undefined],
      ['x=a', 'a'],
      ['x=A', 'A', 'literal_error'],
      ['x=b', 'b', 'literal_error'],
    ],
  ],
];

for (const [name, use, table] of cases)
  t.test(name, (t) => {
    for (const [query, value, issue] of table) {
      const result = read(query, use);
      t.strictSame(result.issues, issue === undefined ? [] : [issue], `issues of ?${query}`);
      if (issue === undefined) t.strictSame(result.value, value, `value of ?${query}`);
    }
    t.end();
  });

t.test('an issue says where, what, and with which value; long values are left out', (t) => {
  const reader = readParameters(new URLSearchParams({ input: 'ab', limit: '9'.repeat(300) }));
  reader.text('input', { minLength: 3 });
  reader.integer('limit', { min: 0 });
  t.strictSame(reader.issues, [
    {
      type: 'string_too_short',
      loc: ['query', 'input'],
      msg: 'String should have at least 3 characters',
      input: 'ab',
      ctx: { min_length: 3 },
    },
    {
      type: 'int_parsing',
      loc: ['query', 'limit'],
      msg: 'Input should be a valid integer, unable to parse string as an integer',
    },
  ]);
  t.end();
});
