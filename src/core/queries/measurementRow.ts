/**
 * One measurement's row, for measurement_meta, raw_measurement and measurement/{uid}
 * (contract, data-api 4.2 to 4.4, 7.7).
 */
import type { Issue } from '../validation/issues.ts';
import { readParameters } from './parameters.ts';
import type { Query } from './query.ts';
import { verificationStatus } from './searchAnswer.ts';

/** Which row is asked for; the uid wins where both are given. */
export type RowKey =
  | { readonly measurementUid: string }
  | { readonly reportId: string; readonly input: string | undefined };

export type RowKeyCheck =
  | { readonly kind: 'ok'; readonly key: RowKey; readonly full: boolean }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'refused'; readonly status: 400 | 422; readonly detail: string };

const MIN_LENGTH = { minLength: 3 };

/** The parameters of measurement_meta. */
export function readMetaParameters(query: URLSearchParams): RowKeyCheck {
  return readRowKey(query, {
    missing: 'Missing measurement_uid or report_id. You should provide at the least one',
    strictReportId: true,
    hasFull: true,
  });
}

/** The parameters of raw_measurement. */
export function readRawParameters(query: URLSearchParams): RowKeyCheck {
  return readRowKey(query, {
    missing: 'Either report_id or measurement_uid must be provided',
    strictReportId: false,
    hasFull: false,
  });
}

function readRowKey(
  query: URLSearchParams,
  rules: {
    readonly missing: string;
    readonly strictReportId: boolean;
    readonly hasFull: boolean;
  },
): RowKeyCheck {
  const parameters = readParameters(query);
  const measurementUid = parameters.text('measurement_uid', MIN_LENGTH);
  const reportId = parameters.text('report_id', MIN_LENGTH);
  const input = parameters.text('input', MIN_LENGTH);
  const full = rules.hasFull ? (parameters.bool('full') ?? false) : false;
  if (parameters.issues.length > 0) return { kind: 'invalid', issues: parameters.issues };
  if (measurementUid !== undefined) return { kind: 'ok', key: { measurementUid }, full };
  if (reportId === undefined) return { kind: 'refused', status: 400, detail: rules.missing };
  if (rules.strictReportId && !/^[A-Za-z0-9_]{15,100}$/.test(reportId))
    return { kind: 'refused', status: 422, detail: 'Invalid report_id field' };
  return { kind: 'ok', key: { reportId, input }, full };
}

export interface MeasurementRow {
  readonly measurement_uid: string;
  readonly report_id: string;
  readonly input: string;
  readonly probe_cc: string;
  readonly probe_asn: number;
  readonly test_name: string;
  readonly test_start_time: string;
  readonly measurement_start_time: string;
  readonly scores: string;
  readonly anomaly: string;
  readonly confirmed: string;
  readonly msm_failure: string;
  readonly is_verified: string;
}

/** The row as it was scored last. */
export function rowQuery(key: RowKey): Query {
  const [condition, values] =
    'measurementUid' in key
      ? ['measurement_uid = {measurement_uid:String}', { measurement_uid: key.measurementUid }]
      : [
          'report_id = {report_id:String} AND input = {input:String}',
          { report_id: key.reportId, input: key.input ?? '' },
        ];
  return {
    sql: `SELECT measurement_uid, report_id, input, probe_cc, probe_asn, test_name, test_start_time,
  measurement_start_time, scores, anomaly, confirmed, msm_failure, is_verified
FROM fastpath
WHERE ${condition}
ORDER BY update_time DESC
LIMIT 1`,
    values,
  };
}

/**
 * May the row be shown? ASN 0 stands for a network that was not told or was taken out: such rows are
 * as good as not there (4.2). Asked of the newest row, which may have been scrubbed after an older one.
 */
export function isShown(row: MeasurementRow | undefined): row is MeasurementRow {
  return row !== undefined && row.probe_asn !== 0;
}

/** Category of a URL: by the list of the country, else the global one, else any (7.7). */
export function categoryQuery(url: string, probeCc: string): Query {
  return {
    sql: `SELECT category_code FROM citizenlab
WHERE url = {url:String}
ORDER BY multiIf(lower(cc) = lower({cc:String}), 0, cc = 'ZZ', 1, 2), cc, category_code
LIMIT 1`,
    values: { url, cc: probeCc },
  };
}

/** No list has longer ones, and what is asked goes to the server in an address, which has a bound. */
const MAX_LISTED_URL_CHARS = 8_192;

/** May the URL be on a list? */
export function canBeListed(url: string): boolean {
  return url !== '' && url.length <= MAX_LISTED_URL_CHARS;
}

/** Is a category asked for? Not for a report_id without input. */
export function wantsCategory(key: RowKey): boolean {
  return 'measurementUid' in key || key.input !== undefined;
}

/** The answer of measurement_meta. `rawMeasurement`: only with `full`. */
export function metaAnswer(
  row: MeasurementRow,
  categoryCode: string | null,
  rawMeasurement: string | undefined,
): Readonly<Record<string, unknown>> {
  return {
    input: row.input,
    measurement_start_time: row.measurement_start_time,
    measurement_uid: row.measurement_uid,
    report_id: row.report_id,
    test_name: row.test_name,
    test_start_time: row.test_start_time,
    probe_asn: row.probe_asn,
    probe_cc: row.probe_cc,
    scores: row.scores,
    anomaly: row.anomaly === 't',
    confirmed: row.confirmed === 't',
    failure: row.msm_failure === 't',
    ...(rawMeasurement === undefined ? {} : { raw_measurement: rawMeasurement }),
    category_code: categoryCode,
    verification_status: verificationStatus(row.is_verified),
  };
}
