import type { Fingerprint } from '../../../src/core/fingerprints/fingerprint.ts';

/** A fingerprint for tests: a substring of the body unless told otherwise. */
export function fingerprint(
  name: string,
  pattern: string,
  others: Partial<Fingerprint> = {},
): Fingerprint {
  return {
    name,
    scope: 'nat',
    locationFound: 'body',
    patternType: 'contains',
    pattern,
    confidenceNoFp: 5,
    expectedCountries: [],
    ...others,
  };
}
