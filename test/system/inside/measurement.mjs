// Measurements as a probe of today sends them, made up here: one web page that was reached.

/** The text of a measurement; `input` tells it apart. Its numbers are written as no serialiser would. */
export function measurementText(input) {
  const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
  return JSON.stringify({
    annotations: { platform: 'linux' },
    data_format_version: '0.2.0',
    input,
    measurement_start_time: now,
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    probe_ip: '127.0.0.1',
    probe_network_name: 'Example network',
    report_id: '',
    resolver_asn: 'AS30722',
    resolver_ip: '127.0.0.1',
    software_name: 'ooniprobe-cli',
    software_version: '3.30.0',
    test_helpers: {},
    test_keys: {
      accessible: true,
      blocking: false,
      body_length_match: true,
      body_proportion: 1,
      control_failure: null,
      dns_consistency: 'consistent',
      dns_experiment_failure: null,
      headers_match: true,
      http_experiment_failure: null,
      queries: [],
      requests: [],
      status_code_match: true,
      tcp_connect: [],
      title_match: true,
    },
    test_name: 'web_connectivity',
    test_runtime: 12345.678,
    test_start_time: now,
    test_version: '0.4.3',
  }).replace('12345.678', '1.2345678E+01');
}

/** The body of POST /api/v1/submit_measurement. */
export const submissionOf = (text) =>
  JSON.stringify({
    format: 'json',
    content: text,
    nym: null,
    zkp_request: null,
    manifest_version: null,
    protocol_version: null,
  });
