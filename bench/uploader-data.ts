/**
 * Measurements for the uploader's figures, made here: shaped and sized like those of real probes,
 * with certificates and addresses that hardly compress, pages that repeat now and then, and the
 * boilerplate of the data format. The same on every machine.
 */
import { createHash } from 'node:crypto';

/** Numbers from 0 to 1, the same each time. */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
}

/** Base64 text that does not compress beyond its alphabet. */
function noise(seed: string, bytes: number): string {
  let text = '';
  for (let at = 0; text.length < bytes; at++)
    text += createHash('sha512').update(`${seed}.${at}`).digest('base64');
  return text.slice(0, bytes);
}

const SITES = 300;
const WORDS = 4_000;

/** Makes contents of web_connectivity measurements, 40 KB on average. */
export function webMeasurements(seed: number): (serial: number) => string {
  const random = generator(seed);
  const below = (count: number) => Math.floor(random() * count);
  const words = Array.from({ length: WORDS }, (_, at) =>
    noise(`word${at}`, 3 + below(8))
      .toLowerCase()
      .replace(/[^a-z]/g, 'e'),
  );
  // Few words make up most of a text.
  const word = () => words[Math.floor(random() ** 3 * WORDS)]!;
  const page = () => {
    let text = `<!DOCTYPE html><html><head><title>${word()}</title></head><body>`;
    for (let at = 200 + Math.floor(random() ** 2 * 6_000); at > 0; at--)
      text += random() < 0.15 ? `<div class="${word()}"><a href="/${word()}">` : `${word()} `;
    return `${text}</body></html>`;
  };
  const sites = Array.from({ length: SITES }, (_, at) => ({
    host: `${words[at]}${at}.example.com`,
    page: page(),
    certificates: [noise(`leaf${at}`, 1_600), noise(`issuer${at}`, 1_500)],
  }));
  const address = () => `192.0.${below(255)}.${below(255)}`;
  const list = <Item>(length: number, item: () => Item) => Array.from({ length }, item);
  return (serial) => {
    const { host, page, certificates } = sites[below(SITES)]!;
    return JSON.stringify({
      ...head('web_connectivity', serial, `https://${host}/`, random),
      test_keys: {
        queries: list(2 + below(4), () => ({
          answers: [{ answer_type: 'A', ipv4: address(), ttl: null }],
          failure: null,
          hostname: host,
          query_type: 'A',
          t: random(),
        })),
        network_events: list(10 + below(60), () => ({
          address: `${address()}:443`,
          failure: null,
          num_bytes: below(5_000),
          operation: 'read',
          proto: 'tcp',
          t: random() * 3,
          t0: random() * 3,
          tags: ['depth=0', 'fetch_body=true'],
          transaction_id: 5,
        })),
        tls_handshakes: [
          {
            cipher_suite: 'TLS_AES_128_GCM_SHA256',
            peer_certificates: certificates.map((data) => ({ data, format: 'base64' })),
            server_name: host,
            t: random(),
          },
        ],
        requests: [
          {
            request: { headers: { Accept: '*/*' }, method: 'GET', url: `https://${host}/` },
            response: { body: random() < 0.8 ? page + word() : '', code: 200, headers: {} },
          },
        ],
        control: { http_request: { body_length: page.length, status_code: 200 } },
        blocking: false,
        accessible: true,
      },
    });
  };
}

/** Makes contents of small measurements that are much alike, 3 KB on average. */
export function smallMeasurements(seed: number): (serial: number) => string {
  const random = generator(seed);
  return (serial) =>
    JSON.stringify({
      ...head('signal', serial, null, random),
      test_keys: {
        network_events: Array.from({ length: 20 }, () => ({
          address: '192.0.2.7:443',
          failure: null,
          operation: 'connect',
          t: random(),
          t0: random(),
        })),
        signal_backend_failure: null,
        signal_backend_status: 'ok',
      },
    });
}

/**
 * Makes contents that have 20 KB in common which do not compress, and 1.5 KB of their own: the worst for
 * a file in members, each of which has to hold the common part once.
 */
export function sharingMeasurements(seed: number): (serial: number) => string {
  const random = generator(seed);
  const shared = noise('shared', 20_000);
  return (serial) =>
    JSON.stringify({
      ...head('tor', serial, null, random),
      test_keys: { shared, own: noise(`own${serial}`, 1_500) },
    });
}

function head(testName: string, serial: number, input: string | null, random: () => number) {
  const rand = noise(`report${serial >> 5}`, 16);
  return {
    annotations: {
      architecture: 'arm64',
      engine_name: 'ooniprobe-engine',
      engine_version: '3.29.1',
      network_type: 'wifi',
      platform: 'android',
    },
    data_format_version: '0.2.0',
    input,
    measurement_start_time: '2026-08-21 10:14:58',
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    probe_ip: '127.0.0.1',
    report_id: `20260821T100000Z_${testName.replaceAll('_', '')}_IT_30722_n1_${rand}`,
    software_name: 'ooniprobe-android',
    software_version: '5.2.0',
    test_name: testName,
    test_runtime: random() * 5,
    test_start_time: '2026-08-21 10:14:30',
    test_version: '0.5.28',
  };
}
