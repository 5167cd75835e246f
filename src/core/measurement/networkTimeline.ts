/** What a measurement of web_connectivity did on the network, step by step, with its times. */
import { isObject, type JsonObject } from '../json/jsonValue.ts';
import { shortened } from '../text/shortened.ts';

const STEP_KINDS = ['dns', 'tcp', 'tls', 'http'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

export interface NetworkStep {
  readonly kind: StepKind;
  /** Whom it went to. */
  readonly target: string;
  /** What came of it, where it did not fail; may be empty. */
  readonly outcome: string;
  readonly failure: string | undefined;
  /** Seconds since the test began; undefined in old measurements. */
  readonly startS: number | undefined;
  readonly endS: number | undefined;
}

/** Steps that are shown: a measurement may have any number. */
export const MAX_STEPS = 200;
const MAX_TEXT_CHARS = 300;

/** In the order of their times; those without one first, as they stand. `testKeys` may be anything. */
export function networkTimeline(testKeys: unknown): readonly NetworkStep[] {
  if (!isObject(testKeys)) return [];
  const steps = [
    ...entries(testKeys.queries).map(dnsStep),
    ...entries(testKeys.tcp_connect).map(tcpStep),
    ...entries(testKeys.tls_handshakes).map(tlsStep),
    ...entries(testKeys.requests).map(httpStep),
  ];
  return steps.sort((a, b) => (a.startS ?? -1) - (b.startS ?? -1)).slice(0, MAX_STEPS);
}

function dnsStep(query: JsonObject): NetworkStep {
  const answers = entries(query.answers).map((answer) =>
    text(answer.ipv4 ?? answer.ipv6 ?? answer.hostname ?? answer.answer_type),
  );
  const resolver = text(query.resolver_address) || text(query.engine);
  return {
    kind: 'dns',
    target: join([text(query.query_type), text(query.hostname), resolver && `@${resolver}`]),
    outcome: text(answers.join(', ')),
    ...common(query, query.failure),
  };
}

function tcpStep(connect: JsonObject): NetworkStep {
  const status = isObject(connect.status) ? connect.status : {};
  return {
    kind: 'tcp',
    target: address(connect.ip, connect.port),
    outcome: '',
    ...common(connect, status.failure),
  };
}

function tlsStep(handshake: JsonObject): NetworkStep {
  return {
    kind: 'tls',
    target: join([text(handshake.address), text(handshake.server_name)]),
    outcome: join([text(handshake.tls_version), text(handshake.cipher_suite)]),
    ...common(handshake, handshake.failure),
  };
}

function httpStep(entry: JsonObject): NetworkStep {
  const request = isObject(entry.request) ? entry.request : {};
  const response = isObject(entry.response) ? entry.response : {};
  return {
    kind: 'http',
    target: join([text(request.method), text(request.url)]),
    outcome: text(response.code),
    ...common(entry, entry.failure),
  };
}

function common(entry: JsonObject, failure: unknown) {
  const endS = seconds(entry.t);
  return { failure: text(failure) || undefined, startS: seconds(entry.t0) ?? endS, endS };
}

function entries(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.slice(0, MAX_STEPS).filter(isObject) : [];
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < 86_400 ? value : undefined;
}

function text(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? shortened(value, MAX_TEXT_CHARS) : '';
}

/** An address of IPv6 stands in brackets before a port. */
function address(ip: unknown, port: unknown): string {
  const host = text(ip);
  return `${host.includes(':') ? `[${host}]` : host}:${text(port)}`;
}

function join(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
