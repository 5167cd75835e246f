import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { asObject, has, items, MalformedField, truthy } from '../values.ts';

const OK = 200;

/** How the front's servers call themselves. */
const FRONT_SERVER = 'ECAcc ';

/** protocol, scoring 3.15. */
export function scoreMeekFrontedRequestsTest(measurement: Measurement): Scores {
  const { requests } = testKeysOf(measurement);
  if (!truthy(requests)) return { ...failedScores(), blocking_general: 1 };

  const scores = baseScores();
  let i = 0;
  for (const item of items(requests, 'test_keys.requests')) {
    const field = `test_keys.requests[${i++}]`;
    const entry = asObject(item, field);
    const response = has(entry, 'response') ? entry.response : {};
    if (response === null || asObject(response, `${field}.response`).code !== OK) {
      scores.blocking_general = 1;
      return scores;
    }
    if (!serverOf(response, `${field}.response.headers`).startsWith(FRONT_SERVER)) {
      scores.blocking_general += 0.5;
    }
  }
  return scores;
}

function serverOf(response: unknown, field: string): string {
  const { headers = {} } = response as { headers?: unknown };
  const server = Array.isArray(headers)
    ? serverInList(headers, field)
    : asObject(headers, field).Server;
  if (server === undefined) return '';
  if (typeof server !== 'string') throw new MalformedField(`${field}.Server`, 'text', server);
  return server;
}

/** Headers as a list of [name, [value, …]]; the last of the same name counts. */
function serverInList(headers: readonly unknown[], field: string): unknown {
  let server: unknown;
  for (const header of headers) {
    if (!truthy(header)) continue;
    const value = itemAt(itemAt(header, 1, field), 0, field);
    if (itemAt(header, 0, field) === 'Server') server = value;
  }
  return server;
}

/** An item of a list, or a character of a text, which some probes send in its place. */
function itemAt(value: unknown, index: number, field: string): unknown {
  const item = Array.isArray(value) || typeof value === 'string' ? value[index] : undefined;
  if (item === undefined) throw new MalformedField(field, 'a list of [name, [value]]', value);
  return item;
}
