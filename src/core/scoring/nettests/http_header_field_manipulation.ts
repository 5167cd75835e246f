import { boundFault, MAX_VALUES } from '../../json/bounds.ts';
import type { Measurement } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { absent, asObject, has, isObject, MalformedField, objectOrEmpty } from '../values.ts';

const FIELD = 'test_keys.requests[0]';

/** protocol, scoring 3.10: the helper echoes the headers that reached it. */
export function scoreHttpHeaderFieldManipulation(measurement: Measurement): Scores {
  // Not even test keys that could hold a request: the same as none.
  const testKeys = measurement.test_keys;
  const first = isObject(testKeys) ? firstOf(testKeys.requests) : undefined;
  if (first === undefined) return failedScores();

  const exchange = asObject(first, FIELD);
  if (exchange.response === null) return failedScores();
  const { body } = objectOrEmpty(exchange.response, `${FIELD}.response`);
  if (absent(body)) {
    return { ...baseScores(), total_tampering: true, blocking_general: 1, msg: 'Empty body' };
  }

  const echoed = echoedHeaders(body);
  if (echoed === undefined) {
    return { ...baseScores(), blocking_general: 1, msg: 'Malformed ctrl_headers' };
  }
  const request = has(exchange, 'request') ? asObject(exchange.request, `${FIELD}.request`) : {};
  const headersField = `${FIELD}.request.headers`;
  const headers = has(request, 'headers') ? asObject(request.headers, headersField) : {};

  const received = headerSet(echoed, firstValue);
  const sent = headerSet(headers, (value) => value);
  const changes = differences(received, sent);
  if (changes === 0) return baseScores();
  return { ...baseScores(), blocking_general: 1.1, msg: `${changes} unexpected header change` };
}

/** The first request; undefined when there is no list that could hold one. */
function firstOf(requests: unknown): unknown {
  if (typeof requests === 'string' && requests !== '') {
    throw new MalformedField('test_keys.requests', 'a list', requests);
  }
  return Array.isArray(requests) ? requests[0] : undefined;
}

function echoedHeaders(body: unknown): unknown {
  if (typeof body !== 'string') return undefined;
  // The bounds of the measurement's text say nothing of a text within it.
  if (boundFault(Buffer.from(body), MAX_VALUES, Number.POSITIVE_INFINITY) !== undefined)
    throw new MalformedField(`${FIELD}.response.body`, `at most ${MAX_VALUES} values`, body);
  try {
    const echo: unknown = JSON.parse(body);
    return isObject(echo) && has(echo, 'headers_dict') ? echo.headers_dict : undefined;
  } catch {
    return undefined;
  }
}

/** Proxies and clients both drop or add this one without meaning anything by it. */
const CONNECTION_CLOSE = headerKey('Connection', 'close');

function headerSet(headers: unknown, pick: (value: unknown) => unknown): ReadonlySet<string> {
  const set = new Set<string>();
  for (const [name, value] of Object.entries(asObject(headers, 'headers_dict'))) {
    set.add(headerKey(name, pick(value)));
  }
  set.delete(CONNECTION_CLOSE);
  return set;
}

function firstValue(values: unknown): unknown {
  // Of a text: its first character, which may be two units long.
  const [first] = Array.isArray(values) || typeof values === 'string' ? values : [];
  if (first === undefined) throw new MalformedField('headers_dict', 'lists of values', values);
  return first;
}

/** One text for each pair of name and value, the same exactly when the pairs are equal. */
function headerKey(name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    throw new MalformedField('headers', 'values that are text', value);
  }
  return JSON.stringify([name, typeof value === 'boolean' ? Number(value) : value]);
}

function differences(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const missingFrom = (other: ReadonlySet<string>) => (key: string) => !other.has(key);
  return [...a].filter(missingFrom(b)).length + [...b].filter(missingFrom(a)).length;
}
