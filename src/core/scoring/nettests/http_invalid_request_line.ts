import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { equal, has, items, type JsonObject } from '../values.ts';

/** protocol, scoring 3.11. The probe's own `tampering` is known to be wrong. */
export function scoreHttpInvalidRequestLine(measurement: Measurement): Scores {
  const testKeys = testKeysOf(measurement);
  const sent = linesOf(testKeys, 'sent');
  const received = linesOf(testKeys, 'received');
  if (sent.length === 0 && received.length === 0) return failedScores();

  const scores = baseScores();
  const compared = sent.slice(0, received.length);
  if (compared.some((line, i) => !equal(line, received[i]))) scores.blocking_general = 1;
  return scores;
}

function linesOf(testKeys: JsonObject, name: string): readonly unknown[] {
  return has(testKeys, name) ? items(testKeys[name], `test_keys.${name}`) : [];
}
