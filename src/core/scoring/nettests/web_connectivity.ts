import type { Fingerprint } from '../../fingerprints/fingerprint.ts';
import type { FingerprintSet } from '../../fingerprints/match.ts';
import { addMatches } from '../localities.ts';
import { matchTestKeys } from '../matches.ts';
import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, type Scores } from '../scores.ts';
import { hasUnknownFailure } from '../unknownFailure.ts';
import { absent, has } from '../values.ts';

const BLOCKING_TYPES: readonly unknown[] = ['tcp_ip', 'dns', 'http-diff', 'http-failure'];

/** protocol, scoring 3.1, step by step. */
export function scoreWebConnectivity(measurement: Measurement, known: FingerprintSet): Scores {
  const testKeys = testKeysOf(measurement);
  const found = matchTestKeys(testKeys, known);
  if (found.kind === 'undecodable') {
    return { ...scoreWithMatches(measurement, []), accuracy: 0 };
  }
  return scoreWithMatches(measurement, found.matches);
}

function scoreWithMatches(measurement: Measurement, matches: readonly Fingerprint[]): Scores {
  const testKeys = testKeysOf(measurement);
  const scores = baseScores();
  addMatches(scores, matches, measurement);

  if (!isOptionalFlag(testKeys.title_match)) {
    scores.accuracy = 0;
    return scores;
  }

  const { blocking } = testKeys;
  if (BLOCKING_TYPES.includes(blocking)) {
    scores.blocking_general = 1;
    scores.analysis = { blocking_type: blocking };
  } else if (absent(blocking)) {
    // The probe could not tell; a block page still can.
    if (matches.length === 0) scores.accuracy = 0;
  } else if (blocking !== false && blocking !== 0) {
    scores.analysis = { msg: 'Unsupported blocking type' };
    scores.accuracy = 0;
  }

  if (hasUnknownFailure(testKeys)) scores.accuracy = 0;

  scores.blocking_general +=
    scores.blocking_country + scores.blocking_global + scores.blocking_isp + scores.blocking_local;

  const inaccessible = has(testKeys, 'accessible') && testKeys.accessible === null;
  if (inaccessible && matches.length === 0) scores.accuracy = 0;
  return scores;
}

/** True, false, nothing, or the numbers that equal them. */
function isOptionalFlag(value: unknown): boolean {
  return absent(value) || typeof value === 'boolean' || value === 0 || value === 1;
}
