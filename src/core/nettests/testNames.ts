/**
 * Names of tests: as people know them, the groups that they are shown in (protocol, data B.2 and B.3),
 * and which are known at all. Which are scored, and how: `core/scoring/nettestRegistry.ts`.
 */
import { plainTestName } from './testNameForms.ts';

/** Display name by `test_name`, in the order in which they are listed. */
export const TEST_TITLES: ReadonlyMap<string, string> = new Map([
  ['bridge_reachability', 'Bridge Reachability'],
  ['dash', 'DASH'],
  ['dns_consistency', 'DNS Consistency'],
  ['dnscheck', 'DNS Check'],
  ['facebook_messenger', 'Facebook Messenger'],
  ['http_header_field_manipulation', 'HTTP Header Field Manipulation'],
  ['http_host', 'HTTP Host'],
  ['http_invalid_request_line', 'HTTP Invalid Request Line'],
  ['http_requests', 'HTTP Requests'],
  ['meek_fronted_requests_test', 'Meek Fronted Requests'],
  ['multi_protocol_traceroute', 'Multi Protocol Traceroute'],
  ['ndt', 'NDT'],
  ['psiphon', 'Psiphon'],
  ['riseupvpn', 'RiseupVPN'],
  ['signal', 'Signal'],
  ['stunreachability', 'STUN Reachability'],
  ['tcp_connect', 'TCP Connect'],
  ['telegram', 'Telegram'],
  ['tor', 'Tor'],
  ['torsf', 'Tor Snowflake'],
  ['urlgetter', 'URL Getter'],
  ['vanilla_tor', 'Vanilla Tor'],
  ['web_connectivity', 'Web Connectivity'],
  ['whatsapp', 'WhatsApp'],
]);

/** Tests that probes run, but that are not shown to people. */
const UNTITLED_TESTS: readonly string[] = [
  'browser_web',
  'echcheck',
  'openvpn',
  'portfiltering',
  'simplequicping',
  'tcpping',
  'tlsmiddlebox',
  'tlsping',
];

/** All tests that are known by name. A measurement may be of any other: names come from outside. */
export const TEST_NAMES: ReadonlySet<string> = new Set([...TEST_TITLES.keys(), ...UNTITLED_TESTS]);

/** Tests that get a report id at check-in where the configuration says nothing else. */
export const CHECK_IN_NETTESTS = [
  'bridge_reachability',
  'dash',
  'dns_consistency',
  'dnscheck',
  'facebook_messenger',
  'http_header_field_manipulation',
  'http_host',
  'http_invalid_request_line',
  'http_requests',
  'meek_fronted_requests_test',
  'multi_protocol_traceroute',
  'ndt',
  'psiphon',
  'riseupvpn',
  'tcp_connect',
  'telegram',
  'tor',
  'urlgetter',
  'vanilla_tor',
  'web_connectivity',
  'whatsapp',
] as const;

export const INSTANT_MESSENGERS: readonly string[] = [
  'facebook_messenger',
  'signal',
  'telegram',
  'whatsapp',
];

/** Tests by the name of their group. */
export const TEST_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'circumvention',
    [
      'bridge_reachability',
      'meek_fronted_requests_test',
      'vanilla_tor',
      'tcp_connect',
      'psiphon',
      'tor',
      'torsf',
      'riseupvpn',
    ],
  ],
  ['experimental', ['urlgetter', 'dnscheck', 'stunreachability']],
  ['im', INSTANT_MESSENGERS],
  ['legacy', ['http_requests', 'dns_consistency', 'http_host', 'multi_protocol_traceroute']],
  ['middlebox', ['http_invalid_request_line', 'http_header_field_manipulation']],
  ['performance', ['ndt', 'dash']],
  ['websites', ['web_connectivity']],
]);

const BY_PLAIN_NAME = new Map([...TEST_TITLES.keys()].map((name) => [plainTestName(name), name]));

/** `web_connectivity` of `webconnectivity`, as keys of the archive have it; of what is not known the same. */
export function testNameOfPlain(plain: string): string {
  return BY_PLAIN_NAME.get(plain) ?? plain;
}
