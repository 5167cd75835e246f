/** Rules on the metadata of a submitted measurement (protocol, probes 4.3 and 3.2 checks 8–10). */
import { type JsonObject, member } from '../json/jsonValue.ts';
import { withoutUnderscores } from '../nettests/testNameForms.ts';
import { parseStrictAsn, referenceAsnText } from './asNumber.ts';

export interface MeasurementMetadata {
  readonly testName: string;
  readonly probeCc: string;
  /** As sent: `AS30722`. */
  readonly probeAsn: string;
  readonly asn: number;
  readonly softwareName: string;
  readonly softwareVersion: string;
}

export type MetadataCheck =
  | { readonly kind: 'ok'; readonly metadata: MeasurementMetadata }
  | {
      readonly kind: 'rejected';
      readonly error: 'bad_metadata' | 'asn_0' | 'asn_invalid' | 'cc_zz';
      readonly message: string;
    };

// A missing value and one of another type break the same rules as an empty text.
function text(object: JsonObject, name: string): string {
  const value = member(object, name);
  return typeof value === 'string' ? value : '';
}

/** All that is looked at here. */
export const METADATA_MEMBERS = [
  'test_name',
  'probe_cc',
  'probe_asn',
  'software_name',
  'software_version',
];

/** Checks the `content` of a submission. */
export function checkMetadata(content: JsonObject): MetadataCheck {
  const testName = text(content, 'test_name');
  const probeCc = text(content, 'probe_cc');
  const probeAsn = text(content, 'probe_asn');
  const broken: string[] = [];
  if (!/^(?=.*[A-Z])[A-Z0-9]{2}$/.test(probeCc)) broken.push('bad_cc');
  if (testName.length < 2 || testName.length > 30) broken.push('tn_len');
  if (/\p{Lu}/u.test(testName) || !/\p{Ll}/u.test(testName)) broken.push('tn_no_lower');
  // Beyond the table of the protocol: the name becomes part of file names and object keys.
  else if (!/^[a-z0-9_-]+$/.test(testName)) broken.push('tn_chars');
  if (probeAsn.length < 3 || probeAsn.length > 12) broken.push('asn_len');
  if (!probeAsn.startsWith('AS')) broken.push('asn_no_as_prefix');
  if (probeAsn.length > 3 && probeAsn.startsWith('AS0')) broken.push('asn_leading_zero');
  if (broken.length > 0) {
    const list = broken.map((token) => `'${token}'`).join(', ');
    return { kind: 'rejected', error: 'bad_metadata', message: `Errors: [${list}]` };
  }
  const asn = parseStrictAsn(probeAsn);
  if (asn === 0)
    return { kind: 'rejected', error: 'asn_0', message: 'Measurement discarded, ASN == 0' };
  if (asn === undefined)
    return {
      kind: 'rejected',
      error: 'asn_invalid',
      message: `Measurement discarded, ASN == ${probeAsn}`,
    };
  if (probeCc === 'ZZ')
    return { kind: 'rejected', error: 'cc_zz', message: 'Measurement discarded, CC == ZZ' };
  return {
    kind: 'ok',
    metadata: {
      testName,
      probeCc,
      probeAsn,
      asn,
      softwareName: text(content, 'software_name'),
      softwareVersion: text(content, 'software_version'),
    },
  };
}

export type Mismatch = 'cc_mismatch' | 'asn_mismatch' | 'test_name_mismatch';

/** Compares the report id of a legacy submission with its content: the first mismatch, or undefined. */
export function reportMismatch(
  report: { readonly testName: string; readonly probeCc: string; readonly asn: string },
  content: JsonObject,
): Mismatch | undefined {
  if (report.probeCc !== text(content, 'probe_cc').toUpperCase()) return 'cc_mismatch';
  if (report.asn !== referenceAsnText(text(content, 'probe_asn'))) return 'asn_mismatch';
  if (report.testName !== withoutUnderscores(text(content, 'test_name')))
    return 'test_name_mismatch';
  return undefined;
}
