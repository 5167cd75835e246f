import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { equal, has, items, type JsonObject } from '../values.ts';

/** protocol, scoring 3.11. The probe's own `tampering` is known to be wrong. */
export function scoreHttpInvalidRequestLine(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const sent = linesOf(testKeys, 'sent');
  const received = linesOf(testKeys, 'received');
  if (isEmpty(sent) && isEmpty(received)) return failedScores();

  const scores = baseScores();
  if (differ(sent, received)) scores.blocking_general = 1;
  return scores;
}

function linesOf(testKeys: JsonObject, name: string): Iterable<unknown> {
  return has(testKeys, name) ? items(testKeys[name], `test_keys.${name}`) : [];
}

function isEmpty(lines: Iterable<unknown>): boolean {
  return lines[Symbol.iterator]().next().done === true;
}

/** Up to the shorter one's end. */
function differ(sent: Iterable<unknown>, received: Iterable<unknown>): boolean {
  const others = received[Symbol.iterator]();
  for (const line of sent) {
    const other = others.next();
    if (other.done) return false;
    if (!equal(line, other.value)) return true;
  }
  return false;
}
