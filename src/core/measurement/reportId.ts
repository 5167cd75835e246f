/**
 * report_id: `<YYYYMMDD>T<HHMMSS>Z_<testname>_<CC>_<asn>_n<collector>_<rand>`
 * (protocol, probes 4.1, and 3.1/3.2 for what goes in and what is refused).
 */
import { reportIdTestName } from '../nettests/testNameForms.ts';
import { BARE_ASN, parseStrictAsn } from './asNumber.ts';

export interface ReportIdParts {
  readonly testName: string;
  readonly probeCc: string;
  readonly probeAsn: number;
  readonly collectorId: string;
}

/** Makes a report id. `random`: 12 bytes from a cryptographic source. */
export function makeReportId(parts: ReportIdParts, nowMs: number, random: Uint8Array): string {
  return makeReportIds([reportIdTestName(parts.testName)], parts, nowMs, random)[0]!;
}

/** Bytes of chance in each. */
export const REPORT_ID_RANDOM_BYTES = 12;
/** What they become. */
const RANDOM_CHARS = 16;

/** One for each test, named as report ids have it, at the same time and place. `random`: 12 bytes each. */
export function makeReportIds(
  names: readonly string[],
  { probeCc, probeAsn, collectorId }: Omit<ReportIdParts, 'testName'>,
  nowMs: number,
  random: Uint8Array,
): string[] {
  const time = `${new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const chars = Buffer.from(random).toString('base64').replace(/[+/]/g, 'o');
  return names.map((name, at) => {
    const rand = chars.slice(at * RANDOM_CHARS, (at + 1) * RANDOM_CHARS);
    return `${time}_${name}_${probeCc}_${probeAsn}_n${collectorId}_${rand}`;
  });
}

/** The parts of a new report from the open-report request; unusable values become "unknown" (3.1). */
export function openReportParts(
  request: {
    readonly probe_asn?: unknown;
    readonly probe_cc?: unknown;
    readonly test_name?: unknown;
  },
  collectorId: string,
): ReportIdParts {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const cc = text(request.probe_cc).toUpperCase().replaceAll('_', '');
  return {
    testName: reportIdTestName(text(request.test_name).toLowerCase()),
    probeCc: /^[A-Z]{2}$/.test(cc) ? cc : 'ZZ',
    probeAsn: parseStrictAsn(text(request.probe_asn)) ?? 0,
    collectorId,
  };
}

export type ReportIdCheck =
  | {
      readonly kind: 'ok';
      readonly testName: string;
      readonly probeCc: string;
      readonly asn: string;
    }
  /** Not an error: answered with 200 `{}` and not stored (3.2 steps 4 and 5). */
  | { readonly kind: 'discard'; readonly reason: 'asn_0' | 'cc_zz' }
  | { readonly kind: 'rejected'; readonly reason: 'bad_report_id' | 'bad_asn' };

/** Twice what any collector makes: the id goes into log lines and into the text of a link. */
const MAX_CHARS = 200;

/**
 * Checks 1 to 5 of 3.2 on the report id of a legacy submission. `probeCc` comes back in upper case.
 *
 * All six parts must be of the grammar, also those that 3.2 does not look at: what passes is letters,
 * digits and underscores, which no file name, log line or query reads otherwise. Who issued the id,
 * and when, does not matter.
 */
export function checkReportId(reportId: string): ReportIdCheck {
  const parts = reportId.split('_');
  if (parts.length !== 6 || reportId.length > MAX_CHARS)
    return { kind: 'rejected', reason: 'bad_report_id' };
  const [time, testName, cc, asn, collector, random] = parts as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (
    !/^\d{8}T\d{6}Z$/.test(time) ||
    !/^[A-Za-z0-9]{2,29}$/.test(testName) ||
    !/^[A-Za-z0-9]{2}$/.test(cc) ||
    !/^n[A-Za-z0-9]+$/.test(collector) ||
    !/^[A-Za-z0-9]+$/.test(random)
  )
    return { kind: 'rejected', reason: 'bad_report_id' };
  if (!BARE_ASN.test(asn)) return { kind: 'rejected', reason: 'bad_asn' };
  if (Number(asn) === 0) return { kind: 'discard', reason: 'asn_0' };
  if (cc.toUpperCase() === 'ZZ') return { kind: 'discard', reason: 'cc_zz' };
  return { kind: 'ok', testName, probeCc: cc.toUpperCase(), asn };
}
