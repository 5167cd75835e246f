/**
 * One measurement's row, for measurement_meta, raw_measurement and measurement/{uid}
 * (protocol, data 4.2 to 4.4).
 */

import type { FastpathColumn } from '../../sql/fastpathTable.ts';
import type { Query } from '../../sql/query.ts';
import type { Issue } from '../../validation/issues.ts';
import { readParameters } from '../parameterReader.ts';
import { type Given, readAll, text } from '../parameters.ts';

/** Which row is asked for; the uid wins where both are given. */
export type RowKey =
  | { readonly measurementUid: string }
  | { readonly reportId: string; readonly input: string | undefined };

/** What names a measurement, for each endpoint that gives one. */
export const rowKeyParameters = {
  measurement_uid: text('The measurement; wins over report_id', { minLength: 3 }),
  report_id: text('Report of the measurement: old ones have no uid', { minLength: 3 }),
  input: text('Beside report_id: the input, a URL say', { minLength: 3 }),
};

export type RowKeyCheck =
  | { readonly kind: 'ok'; readonly key: RowKey }
  | { readonly kind: 'refused'; readonly status: 400 | 422; readonly detail: string };

export function checkRowKey(
  given: Given<typeof rowKeyParameters>,
  rules: { readonly missing: string; readonly strictReportId: boolean },
): RowKeyCheck {
  const { measurement_uid: measurementUid, report_id: reportId, input } = given;
  if (measurementUid !== undefined) return { kind: 'ok', key: { measurementUid } };
  if (reportId === undefined) return { kind: 'refused', status: 400, detail: rules.missing };
  if (rules.strictReportId && !/^[A-Za-z0-9_]{15,100}$/.test(reportId))
    return { kind: 'refused', status: 422, detail: 'Invalid report_id field' };
  return { kind: 'ok', key: { reportId, input } };
}

/** The parameters of raw_measurement. */
export function readRawKey(
  query: URLSearchParams,
): RowKeyCheck | { readonly kind: 'invalid'; readonly issues: readonly Issue[] } {
  const reader = readParameters(query);
  const given = readAll(rowKeyParameters, reader);
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  return checkRowKey(given, {
    missing: 'Either report_id or measurement_uid must be provided',
    strictReportId: false,
  });
}

/** What of its row a measurement is shown with. */
export const ROW_COLUMNS = [
  'measurement_uid',
  'report_id',
  'input',
  'probe_cc',
  'probe_asn',
  'test_name',
  'test_start_time',
  'measurement_start_time',
  'scores',
  'anomaly',
  'confirmed',
  'msm_failure',
  'is_verified',
] as const satisfies readonly FastpathColumn[];

export type MeasurementRow = {
  readonly [Column in (typeof ROW_COLUMNS)[number]]: Column extends 'probe_asn' ? number : string;
};

/** The row as it was scored last. */
export function newestRow(key: RowKey): Query {
  const [condition, values] =
    'measurementUid' in key
      ? ['measurement_uid = {measurement_uid:String}', { measurement_uid: key.measurementUid }]
      : [
          'report_id = {report_id:String} AND input = {input:String}',
          { report_id: key.reportId, input: key.input ?? '' },
        ];
  return {
    sql: `SELECT ${ROW_COLUMNS.join(', ')}
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
export function isShown<Row extends MeasurementRow>(row: Row | undefined): row is Row {
  return row !== undefined && row.probe_asn !== 0;
}
