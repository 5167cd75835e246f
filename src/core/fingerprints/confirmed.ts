import type { Fingerprint } from './fingerprint.ts';

/** Scopes that mean a decision to block, wherever the probe is. */
const DECISIVE_SCOPES = ['isp', 'nat'];

/**
 * Whether a match proves blocking (protocol, scoring 4.4). `probeCc` is upper-case.
 */
export function isConfirmed(fingerprint: Fingerprint, probeCc: string): boolean {
  const expectedHere = probeCc !== 'ZZ' && fingerprint.expectedCountries.includes(probeCc);
  return expectedHere || DECISIVE_SCOPES.includes(fingerprint.scope);
}
