import t from 'tap';
import type { ObsOpenvpnRow } from '../../../src/core/scoring/openvpnRow.ts';
import { scoreValue } from '../../../src/core/scoring/scorePost.ts';
import { NOTHING_KNOWN } from './table.ts';

const UID = '20260821101503.123456_IT_openvpn_9362da5cc13da58a';
const MEASUREMENT = {
  report_id: 'r',
  test_name: 'openvpn',
  probe_asn: 'AS30722',
  probe_cc: 'IT',
  input: 'openvpn://riseup/?transport=tcp',
  test_start_time: '2026-08-21 10:14:30',
  measurement_start_time: '2026-08-21 10:14:58',
};

function openvpnRowOf(members: Record<string, unknown>): ObsOpenvpnRow | undefined {
  const outcome = scoreValue({ ...MEASUREMENT, ...members }, UID, NOTHING_KNOWN);
  return outcome.kind === 'row' ? outcome.openvpn : undefined;
}

t.test('what is missing', async (t) => {
  t.strictSame(openvpnRowOf({}), {
    anomaly: false,
    bootstrap_time: 0,
    confirmed: false,
    failure: '',
    input: 'openvpn://riseup/?transport=tcp',
    last_handshake_transaction_id: 0,
    measurement_start_time: '2026-08-21 10:14:58',
    measurement_uid: UID,
    minivpn_version: '',
    obfs4_version: '',
    obfuscation: '',
    platform: '',
    probe_asn: 30722,
    probe_cc: 'IT',
    probe_network_name: '',
    provider: '',
    remote: '',
    report_id: 'r',
    resolver_asn: 0,
    resolver_ip: '',
    resolver_network_name: '',
    software_name: '',
    software_version: '',
    success: false,
    success_handshake: false,
    success_icmp: false,
    success_urlgrab: false,
    test_runtime: 0,
    test_start_time: '2026-08-21 10:14:30',
    transport: '',
  } satisfies ObsOpenvpnRow);
  t.equal(openvpnRowOf({ test_name: 'tor' }), undefined, 'other tests have no such row');
});

t.test('columns', async (t) => {
  const event = (id: unknown) => ({ transaction_id: id });
  for (const [members, expected] of [
    [{ success: true }, { anomaly: true }],
    [{ resolver_asn: 'AS123' }, { resolver_asn: 123 }],
    [{ resolver_asn: '123' }, { resolver_asn: 123 }],
    [{ resolver_asn: 123 }, { resolver_asn: 0 }],
    [{ resolver_asn: 'x' }, { resolver_asn: 0 }],
    [{ platform: 'linux' }, { platform: 'linux' }],
    [
      { test_keys: { success: 1, success_icmp: 'no', transport: 'tcp', bootstrap_time: 2.5 } },
      { success: true, success_icmp: true, transport: 'tcp', bootstrap_time: 2.5 },
    ],
    ...['x', [], 1e300, null].map(
      (odd) => [{ test_keys: { bootstrap_time: odd } }, { bootstrap_time: 0 }] as const,
    ),
    [{ test_keys: { network_events: [event(3), event(9)] } }, { last_handshake_transaction_id: 9 }],
    [{ test_keys: { network_events: [event(3), {}] } }, { last_handshake_transaction_id: 0 }],
    [{ test_keys: { network_events: [event(2 ** 31)] } }, { last_handshake_transaction_id: 0 }],
  ] as const) {
    t.match(openvpnRowOf(members), expected, JSON.stringify(members));
  }
});
