import t from 'tap';
import { parseGeoip } from '../../../src/edge/geoip/geoip.ts';
import { mmdb, place } from '../../support/mmdb.ts';

const NETWORKS = [
  { network: '192.33.4.0/24', record: place('US', 2149, 'Cogent Communications') },
  { network: '198.51.100.0/25', record: place('IT') },
  { network: '198.51.100.128/25', record: place(undefined, 64500, 'Example') },
  { network: '2001:db8::/32', record: place('DE', 64501, 'Ü'.repeat(100)) },
];
const UNKNOWN = { cc: 'ZZ', asn: 0, networkName: null };

t.test('addresses of both families are found', async (t) => {
  const database = parseGeoip(mmdb(NETWORKS, 1_780_000_000));
  t.equal(database.builtMs, 1_780_000_000_000);
  const cases: [address: string, expected: object][] = [
    ['192.33.4.12', { cc: 'US', asn: 2149, networkName: 'Cogent Communications' }],
    ['198.51.100.1', { cc: 'IT', asn: 0, networkName: null }],
    ['198.51.100.200', { cc: 'ZZ', asn: 64500, networkName: 'Example' }],
    ['2001:db8::1', { cc: 'DE', asn: 64501, networkName: 'Ü'.repeat(100) }],
    ['2001:DB8:0:0::1', { cc: 'DE', asn: 64501, networkName: 'Ü'.repeat(100) }],
    ['127.0.0.1', UNKNOWN],
    ['::1', UNKNOWN],
    ['', UNKNOWN],
    ['example.org', UNKNOWN],
    ['192.33.4.12/24', UNKNOWN],
  ];
  for (const [address, expected] of cases)
    t.strictSame(database.locate(address), expected, address);
});

t.test('a damaged file is an error, never an answer', async (t) => {
  const whole = mmdb(NETWORKS);
  for (const [name, bytes] of [
    ['empty', Buffer.alloc(0)],
    ['a page of HTML', Buffer.from('<html>Not Found</html>'.repeat(10))],
    ['cut off', whole.subarray(0, whole.length / 2)],
    ['its end alone', whole.subarray(-40)],
  ] as const)
    t.throws(() => parseGeoip(bytes), name);
});

t.test('where a pointer leads nowhere the address is unknown', async (t) => {
  const bytes = mmdb([{ network: '192.33.4.0/24', record: place('US', 2149, 'Cogent') }]);
  // The last pointer of the tree is the only one to a record.
  const at = bytes.indexOf(Buffer.alloc(16), bytes.length - 400);
  for (let offset = 0; offset < at; offset += 4)
    if (bytes.readUInt32BE(offset) > at / 8) bytes.writeUInt32BE(0x7fffffff, offset);
  const database = parseGeoip(bytes);
  t.strictSame(database.locate('192.33.4.12'), UNKNOWN);
});
