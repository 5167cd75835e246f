/** Names of tests as they are written in different places and times. */

/** As measurement uids have it, whose parts stand between underscores. */
export function withoutUnderscores(name: string): string {
  return name.replaceAll('_', '');
}

/** As a report id has it, of which readers take letters and digits alone. */
export function reportIdTestName(name: string): string {
  return name.replace(/[^a-z0-9]/g, '');
}

/** As keys and file names have it: without underscores, lower case. */
export function plainTestName(name: string): string {
  return withoutUnderscores(name).toLowerCase();
}

/**
 * Tests whose legacy cans are named after them. Any other name of a can (`dns_n_http`) may stand for
 * several tests.
 */
export const TESTS_WITH_CANS: ReadonlySet<string> = new Set(
  `bridge_reachability captive_portal dash dns_consistency dns_injection facebook_messenger
  http_header_field_manipulation http_host http_invalid_request_line http_requests
  lantern_circumvention_tool_test meek_fronted_requests_test multi_protocol_traceroute ndt psiphon
  psiphon_test tcp_connect telegram tls_handshake vanilla_tor web_connectivity whatsapp`
    .split(/\s+/)
    .map(plainTestName),
);

/** What old probes called their tests in YAML reports. */
const LEGACY_NAMES: ReadonlyMap<string, string> = new Map([
  ['HTTP Host', 'http_host'],
  ['http_requests_test', 'http_requests'],
  ['HTTP Requests Test', 'http_requests'],
  ['bridgereachability', 'bridge_reachability'],
  ['TCP Connect', 'tcp_connect'],
  ['DNS tamper', 'dns_consistency'],
  ['dnstamper', 'dns_consistency'],
  ['HTTP Invalid Request Line', 'http_invalid_request_line'],
  ['test_random_big_request_method', 'http_invalid_request_line'],
  ['test_random_invalid_field_count', 'http_invalid_request_line'],
  ['HTTP Header Field Manipulation', 'http_header_field_manipulation'],
  ['test_get_random_capitalization', 'http_header_field_manipulation'],
  ['test_put_random_capitalization', 'http_header_field_manipulation'],
  ['test_post_random_capitalization', 'http_header_field_manipulation'],
  ['Multi Protocol Traceroute Test', 'multi_protocol_traceroute'],
  ['multi_protocol_traceroute_test', 'multi_protocol_traceroute'],
  ['traceroute', 'multi_protocol_traceroute'],
  ['parasitic_traceroute_test', 'parasitic_traceroute'],
  ['parasitic_tcp_traceroute_test', 'parasitic_traceroute'],
  ['tls-handshake', 'tls_handshake'],
  ['captivep', 'captive_portal'],
  ['captiveportal', 'captive_portal'],
  ['HTTPFilteringBypass', 'http_filtering_bypass'],
  ['httpfilteringbypass', 'http_filtering_bypass'],
  ['HTTPTrix', 'http_trix'],
  ['httptrix', 'http_trix'],
  ['netalyzrwrapper', 'netalyzr_wrapper'],
]);

/** Today's name of a test in a YAML report. */
export function currentTestName(name: unknown): string {
  if (typeof name !== 'string' || name === '') return 'invalid';
  return LEGACY_NAMES.get(name) ?? name.toLowerCase();
}
