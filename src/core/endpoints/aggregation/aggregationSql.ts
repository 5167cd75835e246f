/**
 * The SQL of GET /api/v1/aggregation: over the rows, or over counts by day with the rows of those days that
 * were not counted (docs/design/day-counters.md).
 */
import { type Conditions, makeConditions } from '../../sql/conditions.ts';
import { COUNT_SUMS } from '../../sql/dayCounters.ts';
import { BY_DOMAIN, BY_NETWORK, fromOrder } from '../../sql/projections.ts';
import { clampSeconds, type Query } from '../../sql/query.ts';
import { bucketSql, type TimeGrain } from '../../time/timeGrain.ts';
import { type Axis, axisSql, CATEGORIES_JOIN } from './axes.ts';
import { COUNTS } from './counts.ts';
import { type CountedRange, type DaysToMerge, type Needs, rangeDays } from './dayPlan.ts';

export interface Aggregation {
  readonly input: string | undefined;
  readonly domains: readonly string[] | undefined;
  readonly categoryCode: string | undefined;
  readonly probeCcs: readonly string[] | undefined;
  readonly probeAsns: readonly number[] | undefined;
  readonly testNames: readonly string[] | undefined;
  readonly ooniRunLinkIds: readonly string[] | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
  /** The first one first; none for the totals. */
  readonly axes: readonly Axis[];
  readonly grain: TimeGrain;
}

/** More would be a download: that is what the archive and the export are for. */
export const MAX_ROWS = 1_000_000;

/** The columns that an aggregation filters and groups by. */
export function needs(asked: Aggregation): Needs {
  const { axes, grain, sinceMs, untilMs } = asked;
  const filters: Readonly<Record<string, unknown>> = {
    input: asked.input,
    domain: asked.domains,
    category_code: asked.categoryCode,
    probe_cc: asked.probeCcs,
    probe_asn: asked.probeAsns,
    test_name: asked.testNames,
    ooni_run_link_id: asked.ooniRunLinkIds,
  };
  const filtered = Object.keys(filters).filter((name) => filters[name] !== undefined);
  // Counts by day have no hours.
  const grouped = axes.flatMap((axis) =>
    axis !== 'measurement_start_day' ? [axis] : grain === 'hour' ? ['hour'] : [],
  );
  return { columns: [...new Set([...filtered, ...grouped])], sinceMs, untilMs };
}

/** `merge`: days whose rows are taken together by measurement as they are read. */
export function rowsQuery(asked: Aggregation, merge: DaysToMerge): Query {
  const { axes } = asked;
  const conditions = makeConditions();
  addRange(conditions, asked);
  addFilters(conditions, asked);
  const day = 'toDate(measurement_start_time)';
  if (merge === 'all' || merge.length === 0) {
    const all = merge === 'all';
    return {
      sql: `${rowsSql(asked, all, conditions.sql)}${grouping(axes)}${all ? '' : settings(asked)}`,
      values: { ...conditions.values, ...limits(axes) },
    };
  }
  const names = axes.map(axisName);
  const group = names.length === 0 ? '' : `\n  GROUP BY ${names.join(', ')}`;
  const part = (isMerged: boolean, condition: string) =>
    `${rowsSql(asked, isMerged, `${conditions.sql}\n  AND ${condition}`)}${group}`;
  return {
    sql: `SELECT ${[...names, COUNT_SUMS].join(', ')}
FROM (
  ${part(false, `${day} NOT IN {merged_days:Array(Date)}`)}
  UNION ALL
  ${part(true, `${day} IN {merged_days:Array(Date)}`)}
)${grouping(axes, 'measurement_count > 0')}${settings(asked)}`,
    values: { ...conditions.values, ...limits(axes), merged_days: merge },
  };
}

/** Rows of a domain or a network lie together in an order of their own; the versions that FINAL takes together do not. */
function settings({ domains, probeAsns }: Aggregation): string {
  const order =
    domains !== undefined ? BY_DOMAIN : probeAsns !== undefined ? BY_NETWORK : undefined;
  return order === undefined ? '' : `\n${fromOrder(order)}`;
}

function rowsSql(asked: Aggregation, isMerged: boolean, condition: string): string {
  const { axes, categoryCode } = asked;
  const join = axes.includes('category_code') && categoryCode === undefined;
  return `SELECT ${[...rowColumns(asked), COUNTS].join(', ')}
FROM fastpath${isMerged ? ' FINAL' : ''}${join ? `\n${CATEGORIES_JOIN}` : ''}
WHERE ${condition}`;
}

/** `read`: those of the whole days that are read from the rows. */
export function countersQuery(
  asked: Aggregation,
  range: CountedRange,
  read: readonly string[],
): Query {
  const { axes, grain, sinceMs, untilMs } = asked;
  const names = axes.map(axisName);
  const group = names.length === 0 ? '' : `\n  GROUP BY ${names.join(', ')}`;
  const { first, before } = rangeDays(range);

  const counted = makeConditions();
  counted.add('day >= {first_day:Date} AND day < {before_day:Date}', {
    first_day: first,
    before_day: before,
  });
  if (read.length > 0) counted.add('day NOT IN {read_days:Array(Date)}', { read_days: read });
  addFilters(counted, asked);
  const dayColumns = axes.map(
    (axis) =>
      `${axis === 'measurement_start_day' ? bucketSql(grain, 'day') : axis} AS ${axisName(axis)}`,
  );
  const parts = [
    `SELECT ${[...dayColumns, COUNT_SUMS].join(', ')}
  FROM ${range.table.name} FINAL
  WHERE ${counted.sql}${group}`,
  ];

  const rows = makeConditions();
  if (sinceMs < range.firstMs || untilMs > range.beforeMs || read.length > 0) {
    addRange(rows, asked);
    rows.add(
      `(measurement_start_time < toDateTime({first_s:UInt32}, 'UTC')
    OR measurement_start_time >= toDateTime({before_s:UInt32}, 'UTC')
    OR toDate(measurement_start_time) IN {read_days:Array(Date)})`,
      {
        first_s: clampSeconds(range.firstMs),
        before_s: clampSeconds(range.beforeMs),
        read_days: read,
      },
    );
    addFilters(rows, asked);
    parts.push(`SELECT ${[...rowColumns(asked), COUNTS].join(', ')}
  FROM fastpath FINAL
  WHERE ${rows.sql}${group}`);
  }
  return {
    sql: `SELECT ${[...names, COUNT_SUMS].join(', ')}
FROM (
  ${parts.join('\n  UNION ALL\n  ')}
)${grouping(axes, 'measurement_count > 0')}
SETTINGS do_not_merge_across_partitions_select_final = 1`,
    values: { ...counted.values, ...rows.values, ...limits(axes) },
  };
}

const axisName = (axis: Axis) => `axis_${axis}`;

function rowColumns({ axes, grain, categoryCode }: Aggregation): string[] {
  return axes.map((axis) => `${axisSql(axis, grain, categoryCode)} AS ${axisName(axis)}`);
}

function grouping(axes: readonly Axis[], having?: string): string {
  if (axes.length === 0) return '';
  const names = axes.map(axisName).join(', ');
  const condition = having === undefined ? '' : `\nHAVING ${having}`;
  return `\nGROUP BY ${names}${condition}\nORDER BY ${names}\nLIMIT {max_rows:UInt32}`;
}

function limits(axes: readonly Axis[]): Query['values'] {
  return axes.length === 0 ? {} : { max_rows: MAX_ROWS + 1 };
}

function addRange(conditions: Conditions, { sinceMs, untilMs }: Aggregation): void {
  conditions.add(`measurement_start_time >= toDateTime({since:UInt32}, 'UTC')`, {
    since: clampSeconds(sinceMs),
  });
  conditions.add(`measurement_start_time < toDateTime({until:UInt32}, 'UTC')`, {
    until: clampSeconds(untilMs),
  });
}

function addFilters(conditions: Conditions, asked: Aggregation): void {
  const { categoryCode, probeCcs } = asked;
  conditions.equals('input', 'String', asked.input);
  conditions.oneOf('domain', 'String', asked.domains);
  conditions.oneOf('probe_cc', 'String', probeCcs);
  conditions.oneOf('probe_asn', 'UInt32', asked.probeAsns);
  conditions.oneOf('test_name', 'String', asked.testNames);
  // As texts: a number of 64 bits would be rounded on its way.
  if (asked.ooniRunLinkIds !== undefined)
    conditions.add('toString(ooni_run_link_id) IN {ooni_run_link_id:Array(String)}', {
      ooni_run_link_id: asked.ooniRunLinkIds,
    });
  if (categoryCode !== undefined)
    conditions.add(
      `input IN (SELECT url FROM citizenlab
    WHERE category_code = {category_code:String} AND cc IN {lists:Array(String)})`,
      {
        category_code: categoryCode,
        lists: ['ZZ', ...(probeCcs ?? []).map((cc) => cc.toLowerCase())],
      },
    );
}
