/** Small sources, made here. */
import type { SourceFile } from '../../../src/core/sources/job.ts';

export const file = (name: string, text: string): SourceFile => ({
  name,
  bytes: Buffer.from(text),
});

export const FINGERPRINT_HEADER =
  'name,scope,other_names,location_found,pattern_type,pattern,confidence_no_fp,expected_countries,source,exp_url,notes';

/** Rows beside those that a test is about, so that the table is not too small. */
export function fingerprintRows(kind: 'dns' | 'http', rows: number, cc = 'IT'): string[] {
  return Array.from({ length: rows }, (_, i) =>
    kind === 'dns'
      ? `t.d${i},isp,,dns,full,192.0.2.${i},5,${cc},test,,`
      : `t.h${i},nat,,body,contains,blocked page ${i},5,"${cc},ZZ",test,,a note`,
  );
}

export function fingerprintFiles(
  dns: readonly string[] = fingerprintRows('dns', 3),
  http: readonly string[] = fingerprintRows('http', 3),
): SourceFile[] {
  const csv = (rows: readonly string[]) => `${[FINGERPRINT_HEADER, ...rows].join('\r\n')}\r\n`;
  return [file('fingerprints_dns.csv', csv(dns)), file('fingerprints_http.csv', csv(http))];
}

export const LIST_HEADER = 'url,category_code,category_description,date_added,source,notes';

export function listFile(name: string, rows: readonly string[]): SourceFile {
  return file(
    `lists/${name}.csv`,
    `${[LIST_HEADER, ...rows.map((row) => `${row},,2026-01-01,test,`)].join('\n')}\n`,
  );
}
