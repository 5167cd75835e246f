import { isConfirmed } from '../fingerprints/confirmed.ts';
import type { Fingerprint } from '../fingerprints/fingerprint.ts';
import { reduceFingerprint } from '../fingerprints/match.ts';
import type { Measurement } from './measurement.ts';
import type { BaseScores } from './scores.ts';
import { MalformedField } from './values.ts';

/** Who blocks, by the scope of the fingerprint; any other scope counts as general. */
const LOCALITY_OF_SCOPE = new Map<string, keyof BaseScores>([
  ['inst', 'blocking_local'],
  ['isp', 'blocking_isp'],
  ['nat', 'blocking_country'],
  ['prod', 'blocking_general'],
]);

/** Lists the matches and scores the confirmed ones (protocol, scoring 3.1, steps 2 and 3). */
export function addMatches(
  scores: BaseScores,
  matches: readonly Fingerprint[],
  measurement: Measurement,
): void {
  if (matches.length === 0) return;
  scores.fingerprints = matches.map(reduceFingerprint);

  const { probe_cc: probeCc = null } = measurement;
  if (probeCc !== null && typeof probeCc !== 'string') {
    throw new MalformedField('probe_cc', 'text', probeCc);
  }
  const country = probeCc === null ? 'ZZ' : probeCc.toUpperCase();
  for (const match of matches) {
    if (!isConfirmed(match, country)) continue;
    scores[LOCALITY_OF_SCOPE.get(match.scope) ?? 'blocking_general'] = 1;
    scores.confirmed = true;
  }
}
