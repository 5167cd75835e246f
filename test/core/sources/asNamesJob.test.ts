/** Covers src/core/sources/asNamesJob.ts. */
import t from 'tap';
import { asNamesJob } from '../../../src/core/sources/asNamesJob.ts';
import { faultText } from '../../../src/core/sources/job.ts';
import { file } from './files.ts';

const parse = (value: unknown) =>
  asNamesJob.parse([
    file('all_as_org_map.json', typeof value === 'string' ? value : JSON.stringify(value)),
  ]);

t.test('names of networks', async (t) => {
  const result = parse({
    '64500': [
      ['Example', 'it', '20200131', 'EXAMPLE-AS', 'RIPE'],
      ['Example before', 'IT', '19850101', null, 'RIPE'],
    ],
    '4294967295': [['Last', '', '20210101', '', '']],
  });
  if (result.kind === 'invalid') throw new Error(result.reason);
  t.strictSame(
    result.content.tables[0]!.lines.map((line) => JSON.parse(line)),
    [
      {
        asn: 64500,
        org_name: 'Example',
        cc: 'it',
        changed: '2020-01-31',
        aut_name: 'EXAMPLE-AS',
        source: 'RIPE',
      },
      {
        asn: 64500,
        org_name: 'Example before',
        cc: 'IT',
        changed: '1985-01-01',
        aut_name: '',
        source: 'RIPE',
      },
      {
        asn: 4294967295,
        org_name: 'Last',
        cc: '',
        changed: '2021-01-01',
        aut_name: '',
        source: '',
      },
    ],
  );
  t.strictSame(Object.fromEntries(result.content.tables[0]!.byCountry), { IT: 2, '': 1 });
});

t.test('what is at fault is left out, and what is no such file refused', async (t) => {
  const result = parse({
    x: [],
    '4294967296': [],
    '1': 'name',
    '2': [['a', 'IT', '2020', '', '']],
    '3': [['a', 'IT', '20200101', '']],
    '4': [null],
  });
  if (result.kind === 'invalid') throw new Error(result.reason);
  t.equal(result.content.rows, 0);
  const texts = result.content.faults.map(faultText);
  t.equal(texts.length, 6);
  for (const text of texts) t.match(text, /^all_as_org_map.json:\d: .*expected .*, found/);

  const many = Object.fromEntries(Array.from({ length: 1_100 }, (_, i) => [`x${i}`, []]));
  const cases: [unknown, RegExp][] = [
    ['<html>', /expected JSON/],
    ['{"1": [', /expected JSON/],
    [[], /expected an object/],
    ['null', /expected an object/],
    [many, /more than 1000 rows/],
  ];
  for (const [value, reason] of cases) t.match(parse(value), { kind: 'invalid', reason });
  t.match(asNamesJob.parse([]), { kind: 'invalid', reason: /is not there/ });
});

t.test('a name that comes twice is taken once, and told of', async (t) => {
  const name = ['Example', 'IT', '20200131', 'EXAMPLE-AS', 'RIPE'];
  const result = parse({ '64500': [name, ['Other', ...name.slice(1)], name], '64501': [name] });
  if (result.kind === 'invalid') throw new Error(result.reason);
  t.equal(result.content.rows, 3);
  t.strictSame(result.content.faults.map(faultText), [
    'all_as_org_map.json:1: AS64500: the name of 2020-01-31 again',
  ]);
});
