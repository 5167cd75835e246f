import t from 'tap';
import { bouncerSection, collectors } from '../../../src/config/probeServices.ts';
import { parseJsonText } from '../../../src/core/json/parseJson.ts';
import { bounce, collectorList } from '../../../src/core/probe/bouncer.ts';

const config = bouncerSection.parse({});
const asked = (value: unknown) => bounce({ kind: 'ok', value }, config);

t.test('what a probe of 2013 understands', async (t) => {
  const nettest = {
    name: 'web_connectivity',
    version: '0.0.1',
    'input-hashes': null,
    'test-helpers': ['web-connectivity'],
  };
  t.strictSame(asked({ 'net-tests': [nettest, { name: 'ndt', version: '1' }] }), {
    kind: 'ok',
    answer: {
      'net-tests': [
        {
          collector: 'httpo://guegdifjy7bjpequ.onion',
          'collector-alternate': [
            { type: 'https', address: 'https://ams-pg.ooni.org' },
            {
              front: 'dkyhjv0wpi2dk.cloudfront.net',
              type: 'cloudfront',
              address: 'https://dkyhjv0wpi2dk.cloudfront.net',
            },
          ],
          'input-hashes': null,
          name: 'web_connectivity',
          'test-helpers': {
            'tcp-echo': '37.218.241.93',
            'http-return-json-headers': 'http://37.218.241.94:80',
            'web-connectivity': 'httpo://y3zq5fwelrzkkv3s.onion',
          },
          'test-helpers-alternate': {
            'web-connectivity': [
              { type: 'https', address: 'https://wcth.ooni.io' },
              {
                front: 'd33d1gs9kpq1c5.cloudfront.net',
                type: 'cloudfront',
                address: 'https://d33d1gs9kpq1c5.cloudfront.net',
              },
            ],
          },
          version: '0.0.1',
        },
      ],
    },
  });
});

t.test('what is wrong', async (t) => {
  t.match(bounce(parseJsonText(''), config), { kind: 'refused', detail: /not JSON/ });
  t.strictSame(asked({ 'net-tests': [] }), {
    kind: 'refused',
    detail: 'invalid net-tests request',
  });
  t.match(asked({ 'net-tests': Array(101).fill({ name: 'a', version: '1' }) }), {
    detail: 'invalid net-tests request',
  });
  const cases: [value: unknown, type: string, loc: unknown[]][] = [
    [[], 'model_attributes_type', ['body']],
    [{}, 'missing', ['body', 'net-tests']],
    [{ 'net-tests': {} }, 'list_type', ['body', 'net-tests']],
    [{ 'net-tests': ['x'] }, 'model_attributes_type', ['body', 'net-tests', 0]],
    [{ 'net-tests': [{ version: '1' }] }, 'missing', ['body', 'net-tests', 0, 'name']],
    [
      {
        'net-tests': [
          { name: 'a', version: '1' },
          { name: 'b', version: 1 },
        ],
      },
      'string_type',
      ['body', 'net-tests', 1, 'version'],
    ],
  ];
  for (const [value, type, loc] of cases)
    t.match(asked(value), { kind: 'refused', detail: [{ type, loc }] }, JSON.stringify(value));
});

t.test('the list of collectors has six entries, as ever', async (t) => {
  const trio = [
    { address: 'httpo://guegdifjy7bjpequ.onion', type: 'onion' },
    { address: 'https://ams-pg.ooni.org:443', type: 'https' },
    {
      address: 'https://dkyhjv0wpi2dk.cloudfront.net',
      front: 'dkyhjv0wpi2dk.cloudfront.net',
      type: 'cloudfront',
    },
  ];
  t.strictSame(collectorList(collectors.parse(undefined)), [...trio, ...trio]);
});
