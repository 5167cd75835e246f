/** Sets of fingerprints by their hash, so that a score can be made again with the very set that made it (docs/sources.md). */
import { createHash } from 'node:crypto';
import { type FingerprintTables, parseFingerprintsCsv } from './fingerprint.ts';

/** The files of a set, in the order in which they are hashed. */
export const FINGERPRINT_FILES = ['fingerprints_dns.csv', 'fingerprints_http.csv'] as const;

export function isSetSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/**
 * SHA-256 of a set: of the two files as they were fetched, one after the other
 * (`cat fingerprints_dns.csv fingerprints_http.csv | sha256sum`).
 */
export function fingerprintSetSha256(dns: Uint8Array, http: Uint8Array): string {
  return createHash('sha256').update(dns).update(http).digest('hex');
}

/** Where a set is published, beside the logs. */
export const FINGERPRINT_SETS_PREFIX = 'fingerprints/';

export function fingerprintSetKey(sha256: string, file: (typeof FINGERPRINT_FILES)[number]) {
  return `${FINGERPRINT_SETS_PREFIX}${sha256}/${file}`;
}

/** Undefined for bytes that are not the set of this hash. Throws FingerprintError for what is no CSV of fingerprints. */
export function parseFingerprintSet(
  sha256: string,
  dns: Uint8Array,
  http: Uint8Array,
): FingerprintTables | undefined {
  if (fingerprintSetSha256(dns, http) !== sha256) return undefined;
  const text = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return { dns: parseFingerprintsCsv(text(dns)), http: parseFingerprintsCsv(text(http)), sha256 };
}
