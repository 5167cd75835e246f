/** Keeps the counts by day up to date (docs/design/day-counters.md). */
import type { ClickHouseClient } from '@clickhouse/client';
import { COUNTS } from '../../core/endpoints/aggregation/counts.ts';
import { daysToCount } from '../../core/endpoints/aggregation/dayPlan.ts';
import {
  COUNTER_TABLES,
  countDaysQuery,
  countedMeasurementsQuery,
  dayStatesQuery,
  LOOKED_DAY,
  type NotedDay,
  notedDaysQuery,
} from '../../core/sql/dayCounters.ts';
import type { Query } from '../../core/sql/query.ts';

const FIRST_DAY = '1970-01-01';

/**
 * Counts the days that have changed and are due, the latest first, for at most `forMs`. Resolves with how many
 * were counted. A crash at any place leaves days that count as changed. Throws the server's errors.
 */
export async function countDays(
  client: ClickHouseClient,
  nowMs: () => number,
  forMs: number,
): Promise<number> {
  const lookedMs = nowMs();
  const noted = await ask<NotedDay>(client, notedDaysQuery(FIRST_DAY, LOOKED_DAY));
  let counted = 0;
  for (const days of daysToCount(noted, nowMs())) {
    await countBatch(client, days, nowMs());
    counted += days.length;
    if (nowMs() >= lookedMs + forMs) return counted;
  }
  await note(client, [{ day: LOOKED_DAY, state: '0', measurements: '0' }], lookedMs);
  return counted;
}

async function countBatch(
  client: ClickHouseClient,
  days: readonly string[],
  atMs: number,
): Promise<void> {
  const before = await statesOf(client, days);
  for (const table of COUNTER_TABLES) {
    const { sql, values } = countDaysQuery(table, days, COUNTS);
    await client.command({ query: sql, query_params: values });
  }
  const measurements = new Map(
    (await ask<CountedDay>(client, countedMeasurementsQuery(days))).map((row) => [
      row.day,
      row.measurements,
    ]),
  );
  const after = await statesOf(client, days);
  const noted = days.map((day) => {
    const [state, now] = [before.get(day) ?? '0', after.get(day) ?? '0'];
    // What came in between may be in the counts or not: the day stays one that has changed.
    return {
      day,
      state: state === now ? state : otherThan(now),
      measurements: measurements.get(day) ?? '0',
    };
  });
  await note(client, noted, atMs);
}

/** Numbers of 64 bits, as texts. */
interface CountedDay {
  readonly day: string;
  readonly measurements: string;
}

async function note(
  client: ClickHouseClient,
  days: readonly (CountedDay & { readonly state: string })[],
  atMs: number,
): Promise<void> {
  const countedAt = new Date(atMs).toISOString().slice(0, -1);
  await client.insert({
    table: 'counted_days',
    columns: ['day', 'state', 'measurements', 'counted_at'],
    values: days.map((day) => ({ ...day, counted_at: countedAt })),
    format: 'JSONEachRow',
  });
}

/** A state that the day can only have by a chance of one in 2^64. */
function otherThan(state: string): string {
  return (~BigInt(state) & 0xffff_ffff_ffff_ffffn).toString();
}

async function statesOf(
  client: ClickHouseClient,
  days: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await ask<{ day: string; state: string }>(client, dayStatesQuery(days));
  return new Map(rows.map(({ day, state }) => [day, state]));
}

async function ask<Row>(client: ClickHouseClient, { sql, values }: Query): Promise<Row[]> {
  const answer = await client.query({ query: sql, query_params: values, format: 'JSONEachRow' });
  return answer.json<Row>();
}
