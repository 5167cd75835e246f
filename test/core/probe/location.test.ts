import t from 'tap';
import { locationOf } from '../../../src/core/probe/location.ts';

const unknown = { cc: 'ZZ', asn: 0, networkName: null };

t.test('country and network are known independently', async (t) => {
  const cases: [record: unknown, expected: object][] = [
    [
      {
        country: { iso_code: 'IT' },
        autonomous_system_number: 30722,
        autonomous_system_organization: 'Vodafone',
      },
      { cc: 'IT', asn: 30722, networkName: 'Vodafone' },
    ],
    [{ country: { iso_code: 'IT' } }, { ...unknown, cc: 'IT' }],
    [{ autonomous_system_number: 30722 }, { ...unknown, asn: 30722 }],
    // A name without its number is the name of nothing.
    [
      { country: { iso_code: 'IT' }, autonomous_system_organization: 'V' },
      { ...unknown, cc: 'IT' },
    ],
    [
      { autonomous_system_number: 1, autonomous_system_organization: '' },
      { ...unknown, asn: 1 },
    ],
  ];
  for (const [record, expected] of cases)
    t.strictSame(locationOf(record), expected, JSON.stringify(record));
});

t.test('what a damaged database may hold is unknown', async (t) => {
  for (const record of [
    null,
    undefined,
    'IT',
    {},
    { country: null },
    { country: 'IT' },
    { country: { iso_code: 'it' } },
    { country: { iso_code: 'ITA' } },
    { country: { iso_code: 7 } },
    { autonomous_system_number: 0 },
    { autonomous_system_number: -1 },
    { autonomous_system_number: 4_294_967_296 },
    { autonomous_system_number: 1.5 },
    { autonomous_system_number: '30722' },
  ])
    t.strictSame(locationOf(record), unknown, JSON.stringify(record));
});
