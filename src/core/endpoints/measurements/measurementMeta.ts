/** GET /api/v1/measurement_meta: all that a page needs of one measurement (protocol, data 4.2). */

import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { bool } from '../parameters.ts';
import {
  checkRowKey,
  isShown,
  type MeasurementRow,
  newestRow,
  ROW_COLUMNS,
  rowKeyParameters,
} from './measurementRow.ts';
import { verificationStatus } from './verification.ts';

interface Rows extends RowsByQuery {
  readonly row: readonly (MeasurementRow & {
    /** Empty when the URL is on no list. */
    readonly category_code: string;
  })[];
}

export const measurementMeta = endpoint({
  path: '/api/v1/measurement_meta',
  summary: 'One measurement: its row and the verdict, with its body if asked for',
  cacheSeconds: 60,
  parameters: {
    ...rowKeyParameters,
    full: bool('Also the body, as a text in `raw_measurement`'),
  },

  read(given) {
    const check = checkRowKey(given, {
      missing: 'Missing measurement_uid or report_id. You should provide at the least one',
      strictReportId: true,
    });
    if (check.kind !== 'ok') return check;
    return { kind: 'ok', asked: { key: check.key, full: given.full ?? false } };
  },

  queries: ({ key }) => {
    const { sql, values } = newestRow(key);
    // Category of the URL: by the list of the country, else the global one, else any (7.7).
    return {
      row: {
        sql: `SELECT ${ROW_COLUMNS.map((column) => `row.${column} AS ${column}`).join(', ')}, list.category_code AS category_code
FROM (${sql}) AS row
LEFT JOIN citizenlab AS list ON list.url = row.input
ORDER BY multiIf(lower(list.cc) = lower(row.probe_cc), 0, list.cc = 'ZZ', 1, 2), list.cc, list.category_code
LIMIT 1`,
        values,
      },
    };
  },

  body: ({ row: [row] }: Rows, { full }) =>
    full && isShown(row)
      ? { measurementUid: row.measurement_uid, reportId: row.report_id, input: row.input }
      : undefined,

  answer({ row: [row] }: Rows, { key, full }, { body }) {
    if (!isShown(row))
      return { kind: 'json', value: full ? { raw_measurement: '' } : {}, isAbsent: true };
    const value = {
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
      ...(full ? { raw_measurement: body ?? '' } : {}),
      // A report without input is of several measurements: no category.
      category_code: 'measurementUid' in key || key.input !== undefined ? row.category_code : null,
      verification_status: verificationStatus(row.is_verified),
    };
    return { kind: 'json', value, ...(full && body === undefined && { isAbsent: true as const }) };
  },
});
