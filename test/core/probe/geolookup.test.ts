/** Covers src/core/probe/geolookup.ts, src/core/validation/bodyIssues.ts. */
import t from 'tap';
import { geolookup, MAX_LOOKUPS, normalAddress } from '../../../src/core/probe/geolookup.ts';
import { type Location, UNKNOWN_LOCATION } from '../../../src/core/probe/location.ts';

const places = new Map<string, Location>([
  ['192.33.4.12', { cc: 'US', asn: 2149, networkName: 'Cogent' }],
  ['2801:1b8:10::b', { cc: 'AU', asn: 0, networkName: null }],
]);
const locate = (address: string) => places.get(address) ?? UNKNOWN_LOCATION;
const lookup = (value: unknown) => geolookup({ kind: 'ok', value }, locate);

t.test('keys are addresses in their normal form; what is not known is null', async (t) => {
  t.strictSame(lookup({ addresses: ['192.33.4.12', '2801:1B8:0010::b', '127.0.0.1', '::1'] }), {
    kind: 'ok',
    answer: {
      v: 1,
      geolocation: {
        '192.33.4.12': { cc: 'US', asn: 2149, as_name: 'Cogent' },
        '2801:1b8:10::b': { cc: 'AU', asn: null, as_name: null },
        '127.0.0.1': { cc: 'ZZ', asn: null, as_name: null },
        '::1': { cc: 'ZZ', asn: null, as_name: null },
      },
    },
  });
  t.strictSame(lookup({ addresses: [] }), { kind: 'ok', answer: { v: 1, geolocation: {} } });
});

t.test('what is no list of addresses is 422', async (t) => {
  const cases: [value: unknown, issue: object][] = [
    [[], { type: 'model_attributes_type', loc: ['body'] }],
    [{}, { type: 'missing', loc: ['body', 'addresses'] }],
    [{ addresses: null }, { type: 'list_type' }],
    [{ addresses: '1.2.3.4' }, { type: 'list_type', input: '1.2.3.4' }],
    [{ addresses: ['1.2.3.4', 'x'] }, { type: 'ip_any_address', loc: ['body', 'addresses', 1] }],
    [{ addresses: [7] }, { type: 'ip_any_address' }],
    [{ addresses: Array(MAX_LOOKUPS + 1).fill('1.2.3.4') }, { type: 'too_long' }],
  ];
  for (const [value, issue] of cases)
    t.match(
      lookup(value),
      { kind: 'invalid', issues: [issue] },
      JSON.stringify(value).slice(0, 80),
    );
  t.match(geolookup({ kind: 'invalid', reason: 'not JSON: at position 3' }, locate), {
    issues: [{ type: 'json_invalid', loc: ['body', 3] }],
  });
  t.equal(lookup({ addresses: Array(MAX_LOOKUPS).fill('1.2.3.4') }).kind, 'ok');
});

t.test('addresses', async (t) => {
  const cases: [text: unknown, normal: string | undefined][] = [
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['256.1.1.1', undefined],
    ['1.2.3', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3.4.', undefined],
    ['01.2.3.4', undefined],
    ['0x7f000001', undefined],
    [' 1.2.3.4', undefined],
    ['1.2.3.4\n', undefined],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:1.2.3.4', '::ffff:102:304'],
    ['fe80::1%eth0', undefined],
    ['::1]', undefined],
    ['1:2', undefined],
    ['example.org', undefined],
    ['', undefined],
    [null, undefined],
    [{}, undefined],
  ];
  for (const [text, normal] of cases) t.equal(normalAddress(text), normal, String(text));
});
