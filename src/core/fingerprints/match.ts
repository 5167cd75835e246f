import type { Fingerprint } from './fingerprint.ts';
import { groupBy } from './groupBy.ts';
import { type HeaderPatterns, headerPatterns } from './headerPatterns.ts';
import { compilePatterns } from './patternSearch.ts';

/** Fingerprints made ready for matching. Immutable: a reload makes a new one. */
export interface FingerprintSet {
  /** As in FingerprintTables. */
  readonly sha256: string | undefined;
  /** DNS fingerprints whose pattern is this address or name. */
  inAnswer(address: unknown): readonly Fingerprint[];
  /** Fingerprints found in a body, in table order. Bytes are searched for the patterns as UTF-8. */
  inBody(body: string | Uint8Array): readonly Fingerprint[];
  /** Fingerprints for a header, by its lower-case name; undefined: there are none. */
  forHeader(name: string): HeaderPatterns | undefined;
}

/** A fingerprint as it is listed in the scores. */
export interface MatchedFingerprint {
  readonly name: string;
  readonly scope: string;
  readonly location_found: string;
  readonly confidence_no_fp: number;
  readonly expected_countries: readonly string[];
}

const BODY_LOCATION = 'body';
const HEADER_LOCATION = 'header.';

/** Compiles both tables. Costs milliseconds for the tables of today; done once an hour. */
export function compileFingerprints(
  dns: readonly Fingerprint[],
  http: readonly Fingerprint[],
  sha256?: string,
): FingerprintSet {
  const dnsByAddress: ReadonlyMap<unknown, readonly Fingerprint[]> = groupBy(
    dns,
    (fingerprint) => fingerprint.pattern,
  );
  const body = http.filter((fingerprint) => fingerprint.locationFound === BODY_LOCATION);
  const bodySearch = compilePatterns(body.map((fingerprint) => fingerprint.pattern));
  const headers = groupBy(
    http
      .map((fingerprint, rank) => ({ rank, fingerprint }))
      .filter(({ fingerprint }) => fingerprint.locationFound.startsWith(HEADER_LOCATION)),
    ({ fingerprint }) => fingerprint.locationFound.slice(HEADER_LOCATION.length),
  );
  const byHeader = new Map([...headers].map(([name, all]) => [name, headerPatterns(all)]));
  return {
    sha256,
    inAnswer: (address) => dnsByAddress.get(address) ?? [],
    inBody: (text) => bodySearch(text).map((index) => body[index]!),
    forHeader: (name) => byHeader.get(name),
  };
}

/** A fingerprint without what only matching needs. */
export function reduceFingerprint(fingerprint: Fingerprint): MatchedFingerprint {
  return {
    name: fingerprint.name,
    scope: fingerprint.scope,
    location_found: fingerprint.locationFound,
    confidence_no_fp: fingerprint.confidenceNoFp,
    expected_countries: fingerprint.expectedCountries,
  };
}
