import type { Fingerprint } from '../../fingerprints/fingerprint.ts';
import type { FingerprintSet } from '../../fingerprints/match.ts';
import { addMatches } from '../localities.ts';
import { matchResponse } from '../matches.ts';
import { type Measurement, testKeysOf } from '../measurement.ts';
import { baseScores, failedScores, type Scores } from '../scores.ts';
import { absent, isObject, MalformedField, truthy } from '../values.ts';

/** protocol, scoring 3.12, for old measurements. */
export function scoreHttpRequests(measurement: Measurement, known: FingerprintSet): Scores {
  const testKeys = testKeysOf(measurement);
  const { body_length_match: bodyLengthMatch, headers_match: headersMatch } = testKeys;
  const failed = truthy(measurement.control_failure) || truthy(measurement.experiment_failure);
  if (failed || absent(bodyLengthMatch) || absent(headersMatch)) return failedScores();

  const scores = baseScores();
  if (!truthy(bodyLengthMatch) || !truthy(headersMatch)) scores.blocking_general = 1;
  addMatches(scores, matchRequests(testKeys.requests, known), measurement);
  return scores;
}

/** One request is the probe's own and one went over Tor, whose response says nothing of the network. */
function matchRequests(requests: unknown, known: FingerprintSet): readonly Fingerprint[] {
  const matches: Fingerprint[] = [];
  for (const [i, entry] of (Array.isArray(requests) ? requests : []).entries()) {
    if (!isObject(entry) || wentOverTor(entry.request)) continue;
    const found = matchResponse(entry.response, known);
    if (found.kind === 'undecodable') {
      const field = `test_keys.requests[${i}].response.${found.where}`;
      throw new MalformedField(field, 'base64', found.found);
    }
    matches.push(...found.matches);
  }
  return matches;
}

function wentOverTor(request: unknown): boolean {
  const tor = isObject(request) ? request.tor : undefined;
  return isObject(tor) && truthy(tor.is_tor);
}
