/** GET /api/v1/export: the rows of a day, or of an hour of it (protocol, data 4.15). */

import { makeConditions } from '../../sql/conditions.ts';
import { FASTPATH_COLUMNS } from '../../sql/fastpathTable.ts';
import { clampSeconds, type Query } from '../../sql/query.ts';
import { DAY_MS } from '../../time/days.ts';
import type { Issue } from '../../validation/issues.ts';
import { readParameters } from '../parameterReader.ts';
import { asnList, choice, datetime, integer, list, readAll } from '../parameters.ts';

const EXPORT_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const exportParameters = {
  day: datetime('The day, UTC, by the start of measurements; required'),
  hour: integer('Of the day this hour alone', { min: 0, max: 23 }),
  from: datetime('Of these only those started at this time or later: to go on with'),
  probe_cc: list('Countries, as two letters'),
  probe_asn: asnList('Networks, as AS numbers'),
  test_name: list('Tests'),
  format: choice('`jsonl` by default', EXPORT_FORMATS),
};

export interface RowExport {
  /** Milliseconds since 1970: with this, and before that. */
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly probeCcs: readonly string[] | undefined;
  readonly probeAsns: readonly number[] | undefined;
  readonly testNames: readonly string[] | undefined;
  readonly format: ExportFormat;
  /** Of the file, without folder. */
  readonly fileName: string;
}

export type ExportCheck =
  | { readonly kind: 'ok'; readonly asked: RowExport }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'refused'; readonly detail: string };

const HOUR_MS = 3_600_000;

export function readExport(query: URLSearchParams): ExportCheck {
  const reader = readParameters(query);
  const given = readAll(exportParameters, reader);
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  const { day, hour } = given;
  if (day === undefined || day % DAY_MS !== 0)
    return {
      kind: 'refused',
      detail:
        'The parameter day is missing or no day: one day at a time, like day=2026-07-11. The files of the archive are listed at /api/v1/files',
    };
  const sinceMs = day + (hour ?? 0) * HOUR_MS;
  const untilMs = hour === undefined ? day + DAY_MS : sinceMs + HOUR_MS;
  const format = given.format ?? 'jsonl';
  return {
    kind: 'ok',
    asked: {
      sinceMs: Math.max(sinceMs, given.from ?? sinceMs),
      untilMs,
      probeCcs: given.probe_cc,
      probeAsns: given.probe_asn,
      testNames: given.test_name,
      format,
      fileName: `ooni-measurements-${new Date(day).toISOString().slice(0, 10)}${hour === undefined ? '' : `T${String(hour).padStart(2, '0')}`}.${format}`,
    },
  };
}

const CLICKHOUSE_FORMATS: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'JSONEachRow',
  csv: 'CSVWithNames',
  parquet: 'Parquet',
};

export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  jsonl: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

/**
 * Each measurement once, as it was scored last, in the order of the table's key: what broke off can be gone
 * on with from the time of its last row. FINAL merges in that order as it reads, in little memory. Rows of
 * network 0 are as good as not there (4.2).
 */
export function exportQuery(asked: RowExport): Query {
  const conditions = makeConditions();
  conditions.add(
    `measurement_start_time >= toDateTime({since:UInt32}, 'UTC')
  AND measurement_start_time < toDateTime({until:UInt32}, 'UTC')`,
    { since: clampSeconds(asked.sinceMs), until: clampSeconds(asked.untilMs) },
  );
  conditions.add('probe_asn != 0');
  conditions.oneOf('probe_cc', 'String', asked.probeCcs);
  conditions.oneOf('probe_asn', 'UInt32', asked.probeAsns);
  conditions.oneOf('test_name', 'String', asked.testNames);
  return {
    sql: `SELECT ${FASTPATH_COLUMNS.join(', ')}
FROM fastpath FINAL
WHERE ${conditions.sql}
ORDER BY measurement_start_time, report_id, input, measurement_uid
FORMAT ${CLICKHOUSE_FORMATS[asked.format]}`,
    values: conditions.values,
  };
}
