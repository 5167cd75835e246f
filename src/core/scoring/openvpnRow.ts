import { parseResolverAsn } from '../measurement/asNumber.ts';
import { type FastpathRow, text } from './fastpathRow.ts';
import { type Measurement, testKeysOf } from './measurement.ts';
import { isObject, truthy } from './values.ts';

/** A row of `obs_openvpn` (protocol, scoring 5). */
export interface ObsOpenvpnRow {
  anomaly: boolean;
  bootstrap_time: number;
  confirmed: boolean;
  failure: string;
  input: string;
  last_handshake_transaction_id: number;
  measurement_start_time: string;
  measurement_uid: string;
  minivpn_version: string;
  obfs4_version: string;
  obfuscation: string;
  platform: string;
  probe_asn: number;
  probe_cc: string;
  probe_network_name: string;
  provider: string;
  remote: string;
  report_id: string;
  resolver_asn: number;
  resolver_ip: string;
  resolver_network_name: string;
  software_name: string;
  software_version: string;
  success: boolean;
  success_handshake: boolean;
  success_icmp: boolean;
  success_urlgrab: boolean;
  test_runtime: number;
  test_start_time: string;
  transport: string;
}

/** The row beside the `fastpath` row of the same measurement, with which it shares most columns. */
export function openvpnRow(measurement: Measurement, row: FastpathRow): ObsOpenvpnRow {
  const testKeys = testKeysOf(measurement);
  const member = (name: string): string => text(measurement[name], name);
  const testKey = (name: string): string => text(testKeys[name], `test_keys.${name}`);
  return {
    // Successes count as anomalies upstream too; as the member does not exist, it is always false.
    anomaly: measurement.success === true,
    bootstrap_time: secondsOrZero(testKeys.bootstrap_time),
    confirmed: false,
    failure: testKey('failure'),
    input: row.input,
    last_handshake_transaction_id: lastTransactionId(testKeys.network_events),
    measurement_start_time: row.measurement_start_time,
    measurement_uid: row.measurement_uid,
    minivpn_version: testKey('minivpn_version'),
    obfs4_version: testKey('obfs4_version'),
    obfuscation: testKey('obfuscation'),
    platform: member('platform'),
    probe_asn: row.probe_asn,
    probe_cc: row.probe_cc,
    probe_network_name: member('probe_network_name'),
    provider: testKey('provider'),
    remote: testKey('remote'),
    report_id: row.report_id,
    resolver_asn: resolverAsn(measurement.resolver_asn),
    resolver_ip: member('resolver_ip'),
    resolver_network_name: member('resolver_network_name'),
    software_name: row.software_name,
    software_version: row.software_version,
    success: truthy(testKeys.success),
    success_handshake: truthy(testKeys.success_handshake),
    success_icmp: truthy(testKeys.success_icmp),
    success_urlgrab: truthy(testKeys.success_urlgrab),
    test_runtime: row.test_runtime,
    test_start_time: row.test_start_time,
    transport: testKey('transport'),
  };
}

/** A detail of this row alone: it must not cost the measurement the row that it was scored for. */
function secondsOrZero(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(Math.fround(value)) ? value : 0;
}

const LARGEST_INT32 = 2_147_483_647;

/** The largest transaction id; 0 unless every event has one that is a whole number. */
function lastTransactionId(events: unknown): number {
  if (!Array.isArray(events)) return 0;
  let largest = 0;
  for (const event of events) {
    const id: unknown = isObject(event) ? event.transaction_id : undefined;
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) return 0;
    largest = Math.max(largest, id);
  }
  return largest <= LARGEST_INT32 ? largest : 0;
}

/** 0 where there is none. */
function resolverAsn(value: unknown): number {
  return typeof value === 'string' ? (parseResolverAsn(value) ?? 0) : 0;
}
