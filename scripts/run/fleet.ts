/** Some hundreds of made-up measurements over a few weeks, so that every page has something to show. */
import { sampleMeasurement, webConnectivityKeys } from './measurements.ts';

/** Places that are nobody's: codes that ISO 3166 leaves to its users. */
const PLACES = [
  { cc: 'XA', asns: ['AS64500', 'AS64501', 'AS64502'], weight: 5 },
  { cc: 'XB', asns: ['AS64503', 'AS64504'], weight: 3 },
  { cc: 'XC', asns: ['AS64505', 'AS64506'], weight: 2 },
  { cc: 'XD', asns: ['AS64507'], weight: 1 },
] as const;

const SITES = ['news', 'chat', 'video', 'wiki', 'vote'] as const;

/** What each place does to each site: the rest is left alone. */
const BLOCKED: Readonly<Record<string, Partial<Record<(typeof SITES)[number], Seen>>>> = {
  XA: { news: 'block page', vote: 'dns injection' },
  XB: { chat: 'no connection' },
  XC: { video: 'dns injection' },
};

type Seen = 'page' | 'dns injection' | 'block page' | 'no connection' | 'nothing';

const OTHER_TESTS = [
  { name: 'signal', keys: { signal_backend_status: 'ok', signal_backend_failure: null } },
  {
    name: 'telegram',
    keys: {
      telegram_http_blocking: false,
      telegram_tcp_blocking: false,
      telegram_web_failure: null,
      telegram_web_status: 'ok',
    },
  },
  {
    name: 'whatsapp',
    keys: {
      registration_server_status: 'ok',
      whatsapp_endpoints_status: 'ok',
      whatsapp_web_status: 'ok',
    },
  },
  { name: 'dnscheck', keys: { bootstrap_failure: null } },
] as const;

const DAY_MS = 86_400_000;

/** The `content` of so many submissions, the oldest first, all before `nowMs`; the same each time. */
export function sampleFleet(count: number, days: number, nowMs: number): Record<string, unknown>[] {
  const random = generator(20_261_125);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const places = PLACES.flatMap((place) => Array<typeof place>(place.weight).fill(place));
  return Array.from({ length: count }, (_, index) => {
    const agoMs = (days * DAY_MS * (count - index - random())) / count;
    const startTime = new Date(nowMs - 60_000 - agoMs).toISOString().slice(0, 19).replace('T', ' ');
    const { cc, asns } = pick(places);
    const common = { probeCc: cc, probeAsn: pick<string>(asns), startTime };
    if (random() < 0.35) {
      const { name, keys } = pick(OTHER_TESTS);
      const input = name === 'dnscheck' ? 'https://dns.example.org/dns-query' : null;
      return sampleMeasurement({ ...common, testName: name, input, testKeys: keys });
    }
    const site = pick(SITES);
    const input = `https://${site}.example.org/`;
    const wanted = BLOCKED[cc]?.[site] ?? 'page';
    // Now and then it goes otherwise: one network lets it through, or the probe's own line is down.
    const luck = random();
    const seen = luck < 0.04 ? 'nothing' : luck < 0.14 ? 'page' : wanted;
    const testKeys = timedKeys(input, seen, random);
    return sampleMeasurement({ ...common, testName: 'web_connectivity', input, testKeys });
  });
}

/** Test keys of web_connectivity with the times of each step, as probes of today send them. */
export function timedKeys(url: string, seen: Seen, random: () => number): Record<string, unknown> {
  const base = webConnectivityKeys(
    url,
    seen === 'no connection' || seen === 'nothing' ? 'page' : seen,
  );
  const host = new URL(url).hostname;
  let atS = 0.002;
  /** A step that takes up to so many seconds. */
  const step = (longestS: number) => {
    const t0 = round(atS);
    atS += longestS * (0.3 + 0.7 * random());
    return { t0, t: round(atS) };
  };
  const address = seen === 'dns injection' ? '192.0.2.1' : '198.51.100.7';
  const answers = [{ answer_type: 'A', ipv4: address, ttl: 300 }];
  const noAnswer = seen === 'nothing' ? 'generic_timeout_error' : null;
  const query = (type: string, resolver: string) => ({
    engine: 'udp',
    hostname: host,
    query_type: type,
    resolver_address: resolver,
    failure: type === 'AAAA' ? 'dns_no_answer' : noAnswer,
    answers: type === 'A' && noAnswer === null ? answers : null,
    ...step(0.08),
  });
  const queries = [query('A', '192.0.2.53:53'), query('AAAA', '192.0.2.53:53')];
  if (seen === 'nothing')
    return { ...base, accessible: null, blocking: null, queries, requests: [], tcp_connect: [] };
  const timeout = seen === 'no connection' || seen === 'dns injection';
  const connect = {
    ip: address,
    port: 443,
    status: { success: !timeout, failure: timeout ? 'generic_timeout_error' : null },
    ...step(timeout ? 4 : 0.12),
  };
  if (timeout)
    return {
      ...base,
      accessible: false,
      blocking: seen === 'no connection' ? 'tcp_ip' : 'dns',
      queries,
      tcp_connect: [connect],
      requests: [
        {
          failure: 'generic_timeout_error',
          request: { method: 'GET', url, headers: {} },
          response: { body: '' },
          t0: connect.t0,
          t: connect.t,
        },
      ],
    };
  const handshake = {
    address: `${address}:443`,
    server_name: host,
    tls_version: 'TLSv1.3',
    cipher_suite: 'TLS_AES_128_GCM_SHA256',
    failure: null,
    ...step(0.2),
  };
  const [request] = base.requests as Record<string, unknown>[];
  return {
    ...base,
    queries,
    tcp_connect: [connect],
    tls_handshakes: [handshake],
    requests: [{ ...request, ...step(0.6) }],
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 1e6) / 1e6;
}

/** Numbers from 0 to 1 that look like chance and are the same each time (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
