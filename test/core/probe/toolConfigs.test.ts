import t from 'tap';
import {
  parsePsiphonConfig,
  parseTorTargets,
  parseVpnProvider,
  vpnAnswer,
} from '../../../src/core/probe/toolConfigs.ts';

const SECRET = 'SECRET-BRIDGE';
const bridge = {
  address: `${SECRET}:443`,
  fingerprint: '86AC7B8D430DAC4117E9F42C9EAED18133863AAF',
  params: { cert: ['x'], 'iat-mode': ['0'] },
  protocol: 'obfs4',
  source: 'private',
  unheard_of: [1],
};

t.test('targets are passed on as they are, with what old probes need', async (t) => {
  const { text, entries } = parseTorTargets(
    Buffer.from(
      JSON.stringify({ a: bridge, b: { address: '192.0.2.1:9001', protocol: 'or_port' } }),
    ),
  );
  t.equal(entries, 2);
  t.strictSame(JSON.parse(text), {
    a: { name: '', ...bridge },
    b: { name: '', params: null, address: '192.0.2.1:9001', protocol: 'or_port' },
  });
});

t.test("Psiphon's are the very text", async (t) => {
  const text = '{ "PropagationChannelId" : "X",\n "LocalHttpProxyPort": 1e0 }';
  t.strictSame(parsePsiphonConfig(Buffer.from(`${text}\n`)), { text, entries: 2 });
});

const vpn = {
  ca: 'CA',
  cert: 'CERT',
  key: 'KEY',
  date_updated: '2026-08-21T03:00:00.123Z',
  endpoints: [1, 2, 3, 4, 5, 6].map((n) => ({
    address: `192.0.2.${n}:1194`,
    protocol: 'openvpn',
    transport: 'tcp',
  })),
};

t.test('four gateways at random, none twice', async (t) => {
  const provider = parseVpnProvider(Buffer.from(JSON.stringify(vpn)), 'riseupvpn');
  const first = vpnAnswer(provider, 'riseupvpn', () => 0);
  t.strictSame(first, {
    provider: 'riseupvpn',
    protocol: 'openvpn',
    config: { ca: 'CA', cert: 'CERT', key: 'KEY' },
    date_updated: '2026-08-21T03:00:00.123000Z',
    endpoints: [1, 2, 3, 4].map(
      (n) => `openvpn://riseupvpn.corp/?address=192.0.2.${n}:1194&transport=tcp`,
    ),
  });
  for (const edge of [0, 0.5, 1 - 2 ** -53]) {
    const { endpoints } = vpnAnswer(provider, 'riseupvpn', () => edge) as { endpoints: string[] };
    t.equal(new Set(endpoints).size, 4);
    t.notOk(endpoints.includes(undefined as unknown as string));
  }
  const two = { ...vpn, endpoints: vpn.endpoints.slice(0, 2) };
  const few = parseVpnProvider(Buffer.from(JSON.stringify(two)), 'riseupvpn');
  t.equal((vpnAnswer(few, 'riseupvpn', () => 0) as { endpoints: string[] }).endpoints.length, 2);
});

t.test('a reason never holds what the file holds', async (t) => {
  const bad: [parse: (bytes: Buffer) => unknown, value: unknown][] = [
    [parseTorTargets, { [SECRET]: { ...bridge, address: 7 } }],
    [parseTorTargets, { [SECRET]: { ...bridge, protocol: undefined } }],
    [parseTorTargets, { [SECRET]: SECRET }],
    [parseTorTargets, {}],
    [parseTorTargets, [bridge]],
    [parsePsiphonConfig, null],
    [parsePsiphonConfig, SECRET],
    [(bytes) => parseVpnProvider(bytes, 'r'), { ...vpn, key: '' }],
    [(bytes) => parseVpnProvider(bytes, 'r'), { ...vpn, date_updated: SECRET }],
    [(bytes) => parseVpnProvider(bytes, 'r'), { ...vpn, endpoints: [] }],
    [(bytes) => parseVpnProvider(bytes, 'r'), { ...vpn, endpoints: [SECRET] }],
    [(bytes) => parseVpnProvider(bytes, 'r'), { ...vpn, endpoints: [{ address: SECRET }] }],
  ];
  for (const [parse, value] of bad) {
    const text = JSON.stringify(value);
    t.throws(() => parse(Buffer.from(text)), { name: 'UnusableConfig', message: /^(?!.*SECRET)/ });
  }
  for (const text of [`{"a": "${SECRET}"`, `{"a": ${SECRET}}`, `${SECRET}`])
    for (const parse of [parseTorTargets, parsePsiphonConfig])
      t.throws(() => parse(Buffer.from(text)), {
        name: 'UnusableConfig',
        message: /^(?!.*SECRET)/,
      });
});
