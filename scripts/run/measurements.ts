/** Measurements for `make run` and tests: made here, shaped like those of real probes. */

export interface SampleOptions {
  readonly probeCc: string;
  readonly probeAsn: string;
  readonly testName: string;
  readonly input: string | null;
  readonly testKeys: Readonly<Record<string, unknown>>;
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  readonly startTime: string;
}

/** The `content` of a submission. */
export function sampleMeasurement(options: SampleOptions): Record<string, unknown> {
  return {
    annotations: {
      architecture: 'arm64',
      engine_name: 'ooniprobe-engine',
      engine_version: '3.29.1',
      platform: 'android',
    },
    data_format_version: '0.2.0',
    input: options.input,
    measurement_start_time: options.startTime,
    probe_asn: options.probeAsn,
    probe_cc: options.probeCc,
    probe_ip: '127.0.0.1',
    probe_network_name: 'Example Network',
    resolver_asn: 'AS64500',
    resolver_ip: '192.0.2.53',
    software_name: 'ooniprobe-android',
    software_version: '5.2.0',
    test_keys: options.testKeys,
    test_name: options.testName,
    test_runtime: 1.25,
    test_start_time: options.startTime,
    test_version: '0.4.3',
  };
}

/** Test keys of a web_connectivity measurement that saw the page, or something else in its place. */
export function webConnectivityKeys(
  url: string,
  saw: 'page' | 'dns injection' | 'block page',
): Record<string, unknown> {
  const host = new URL(url).hostname;
  const body =
    saw === 'block page'
      ? '<html><body><h1>This sample site is blocked</h1></body></html>'
      : `<html><head><title>${host}</title></head><body>Hello from ${host}</body></html>`;
  return {
    accessible: saw === 'page',
    blocking: saw === 'page' ? false : saw === 'dns injection' ? 'dns' : 'http-diff',
    title_match: saw === 'page',
    queries: [
      {
        hostname: host,
        query_type: 'A',
        failure: null,
        answers: [
          { answer_type: 'A', ipv4: saw === 'dns injection' ? '192.0.2.1' : '198.51.100.7' },
        ],
      },
    ],
    requests: [
      {
        failure: null,
        request: { method: 'GET', url, headers: {} },
        response: { code: 200, headers: { 'Content-Type': 'text/html' }, body },
      },
    ],
    tcp_connect: [{ ip: '198.51.100.7', port: 443, status: { success: true, failure: null } }],
  };
}
