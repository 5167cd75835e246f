/** The tables of fingerprints (protocol, scoring 4). */

export type FingerprintTable = 'fingerprints_dns' | 'fingerprints_http';

/** All of a table, in order. */
export function fingerprintsSql(table: FingerprintTable): string {
  return `SELECT name, scope, other_names, location_found, pattern_type, pattern,
  confidence_no_fp, expected_countries, source, exp_url, notes
FROM ${table}
ORDER BY position`;
}
