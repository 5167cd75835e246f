/** DNS results of old probes, which stored how their library printed them, in today's shape. */
import { isObject, type JsonObject } from '../json/jsonValue.ts';

const DNS_TESTS: ReadonlySet<unknown> = new Set([
  'dns_consistency',
  'dns_injection',
  'captive_portal',
]);

/** The measurement, changed only when it is of a test that makes DNS queries. */
export function withDnsKeys(
  measurement: JsonObject & { readonly test_keys: JsonObject },
): JsonObject & { readonly test_keys: JsonObject } {
  if (!DNS_TESTS.has(measurement.test_name)) return measurement;
  const { queries, test_resolvers: _, ...others } = measurement.test_keys;
  const listed = Array.isArray(queries) ? queries.filter(isObject) : [];
  return { ...measurement, test_keys: { ...others, queries: listed.map(query) } };
}

function query({ query, resolver, addrs: _, answers, ...others }: JsonObject): JsonObject {
  const [resolver_hostname = null, resolver_port = null] = Array.isArray(resolver) ? resolver : [];
  const found = Array.isArray(answers) ? answers.map(answer) : [];
  return {
    ...others,
    hostname: part(query, /\[Query\('(.+?)'/) ?? null,
    resolver_hostname,
    resolver_port,
    answers: found,
    failure: others.failure || (found.length === 0 ? 'no_answer' : null),
  };
}

const IPV4 = /address=(\d{1,3}(?:\.\d{1,3}){3})/;
const NAME = /name=([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)/;

/** `['<RR name=… type=A class=IN ttl=60s auth=False>', '<A address=192.0.2.1 ttl=60>']` */
function answer(printed: unknown): unknown {
  if (!Array.isArray(printed)) return printed;
  const [record, data] = printed;
  const answer_type = part(record, /type=([A-Z]+)/) ?? '';
  const common = { ttl: part(record, /ttl=(\d+)/) ?? null, answer_type };
  switch (answer_type) {
    case 'A':
      return { ...common, ipv4: part(data, IPV4) ?? '' };
    case 'CNAME':
    case 'PTR':
    case 'MX':
    case 'NS':
    case 'SOA':
      return { ...common, hostname: part(data, NAME) ?? '' };
    default:
      return common;
  }
}

function part(text: unknown, pattern: RegExp): string | undefined {
  return typeof text === 'string' ? pattern.exec(text)?.[1] : undefined;
}
