/** GET /api/v1/aggregation: counts by verdict, along none, one or two axes (protocol, data 4.7). */

import { parseLooseAsn } from '../../measurement/asNumber.ts';
import { DAY_MS } from '../../time/days.ts';
import { chooseGrain } from '../../time/timeGrain.ts';
import { NARROW_HINT } from '../bulk/bulkHint.ts';
import { type Answer, endpoint, type RowsByQuery } from '../endpoint.ts';
import { bool, datetime, type Given, list, text, uint64List } from '../parameters.ts';
import { type Aggregation, MAX_ROWS } from './aggregationSql.ts';
import { AXES, type Axis, isAxis } from './axes.ts';
import type { Counts } from './counts.ts';
import { countsPlan, countsQuery } from './countsQuery.ts';

const DEFAULT_RANGE_MS = 180 * DAY_MS;
/** What is older changes seldom: scoring again is rare. */
const SETTLED_AFTER_MS = 3 * DAY_MS;
const SETTLED_SECONDS = 86_400;

const parameters = {
  input: text('Exactly this input', { minLength: 3 }),
  domain: list('Domains of the input', { minLength: 3 }),
  category_code: text('Category of the input on the test lists', { pattern: '^[A-Z]+$' }),
  probe_cc: list('Countries, as two letters', { minLength: 2 }),
  probe_asn: list('Networks, as AS numbers'),
  test_name: list('Tests', { pattern: '^[a-z0-9_,]+$' }),
  ooni_run_link_id: uint64List('Measurements that these OONI Run links asked for'),
  since: datetime('Started at this time or later; by default 180 days ago'),
  until: datetime('Started before this; by default now'),
  time_grain: text('`hour`, `day`, `week`, `month`, `year`, or `auto`, which fits the range'),
  axis_x: text(`Group by this first: ${AXES.join(', ')}`, { pattern: '^[a-z_]+$' }),
  axis_y: text('Group by this too', { pattern: '^[a-z_]+$' }),
  format: text('`JSON` or `CSV`'),
  download: bool('As a file to save'),
};

interface Asked extends Aggregation {
  readonly csv: boolean;
  readonly download: boolean;
  /** All of the range has settled. */
  readonly settled: boolean;
}

interface Rows extends RowsByQuery {
  readonly counts: readonly (Counts & Partial<Readonly<Record<Axis, string | number>>>)[];
}

export const aggregation = endpoint({
  path: '/api/v1/aggregation',
  summary: 'Counts of measurements by verdict: totals, or along one or two axes',
  cacheSeconds: 60,
  parameters,

  read(given: Given<typeof parameters>, nowMs: number) {
    const format = (given.format ?? 'JSON').toUpperCase();
    if (format !== 'JSON' && format !== 'CSV') return fault(200, '');
    const probeAsns = given.probe_asn?.map(parseLooseAsn);
    if (probeAsns?.includes(undefined))
      return {
        kind: 'refused' as const,
        status: 400 as const,
        detail: 'Invalid ASN value in parameter probe_asn',
      };
    const axes = [given.axis_x, given.axis_y].filter((name) => name !== undefined);
    if (!axes.every(isAxis)) return fault(400, 'Invalid axis name');
    if (axes.length === 2 && axes[0] === axes[1])
      return fault(200, 'Axis X and Y cannot be the same');
    const sinceMs = given.since ?? nowMs - DEFAULT_RANGE_MS;
    const untilMs = given.until ?? nowMs;
    const choice = axes.includes('measurement_start_day')
      ? chooseGrain(given.time_grain ?? 'auto', sinceMs, untilMs)
      : ({ kind: 'ok', grain: 'day' } as const);
    if (choice.kind === 'refused') return fault(400, choice.reason);
    const asked: Asked = {
      input: given.input,
      domains: given.domain,
      categoryCode: given.category_code,
      probeCcs: given.probe_cc,
      probeAsns: probeAsns as number[] | undefined,
      testNames: given.test_name,
      ooniRunLinkIds: given.ooni_run_link_id,
      sinceMs,
      untilMs,
      axes,
      grain: choice.grain,
      csv: format === 'CSV',
      download: given.download ?? false,
      settled: untilMs < nowMs - SETTLED_AFTER_MS,
    };
    return { kind: 'ok' as const, asked };
  },

  plan: (asked) => countsPlan(asked),

  queries: (asked, nowMs, planned) => ({ counts: countsQuery(asked, nowMs, planned) }),

  answer({ counts }: Rows, asked, { statistics }): Answer {
    const { axes } = asked;
    if (counts.length > MAX_ROWS)
      return faultAnswer(400, `More than ${MAX_ROWS} rows: ${NARROW_HINT}`);
    const rows = counts.map((row) => result(row, axes));
    const common = {
      ...(asked.settled ? { cacheSeconds: SETTLED_SECONDS } : {}),
      ...(asked.download ? { fileName: `ooni-aggregate-data.${asked.csv ? 'csv' : 'json'}` } : {}),
    };
    if (asked.csv) return { kind: 'csv', rows, ...common };
    const value = {
      v: 0,
      dimension_count: axes.length,
      db_stats: {
        row_count: statistics.readRows,
        bytes: statistics.readBytes,
        total_row_count: statistics.totalRows,
        elapsed_seconds: statistics.elapsedMs / 1000,
      },
      result: axes.length === 0 ? rows[0] : rows,
    };
    return { kind: 'json', value, ...common };
  },
});

function result(row: Rows['counts'][number], axes: readonly Axis[]): Record<string, unknown> {
  const named: Record<string, unknown> = {
    anomaly_count: row.anomaly_count,
    confirmed_count: row.confirmed_count,
    failure_count: row.failure_count,
    ok_count: row.ok_count,
    measurement_count: row.measurement_count,
  };
  for (const axis of axes)
    named[axis] = (row as unknown as Record<string, unknown>)[`axis_${axis}`];
  return named;
}

/** The shape that readers of this endpoint know; beside it what all errors have. */
function faultAnswer(status: 200 | 400, text: string): Answer {
  return {
    kind: 'json',
    status,
    isFault: true,
    value: { msg: text, v: 0, detail: text, error: text, message: text },
  };
}

function fault(status: 200 | 400, text: string) {
  return { kind: 'answered' as const, answer: faultAnswer(status, text) };
}
