/** Buckets of time on an axis (protocol, data 4.7). Weeks begin on Sunday. */
import { DAY_MS } from './days.ts';

export type TimeGrain = 'hour' | 'day' | 'week' | 'month' | 'year';

const RANGES: readonly {
  readonly maxDays: number;
  readonly grains: readonly TimeGrain[];
  readonly auto: TimeGrain;
}[] = [
  { maxDays: 7, grains: ['hour', 'day'], auto: 'hour' },
  { maxDays: 30, grains: ['day', 'week'], auto: 'day' },
  { maxDays: 365, grains: ['day', 'week', 'month'], auto: 'day' },
  { maxDays: Number.POSITIVE_INFINITY, grains: ['day', 'week', 'month', 'year'], auto: 'day' },
];

export type GrainChoice =
  | { readonly kind: 'ok'; readonly grain: TimeGrain }
  | { readonly kind: 'refused'; readonly reason: string };

/** The grain that is asked for, or `auto`, where the length of the range allows it. */
export function chooseGrain(asked: string, sinceMs: number, untilMs: number): GrainChoice {
  const range = untilMs - sinceMs;
  if (!(range > 0)) return { kind: 'refused', reason: 'Invalid since and until values' };
  const { grains, auto } = RANGES.find(({ maxDays }) => range <= maxDays * DAY_MS)!;
  const grain = asked === 'auto' ? auto : grains.find((name) => name === asked);
  if (grain !== undefined) return { kind: 'ok', grain };
  const choices = [...grains, 'auto'].join(', ');
  return {
    kind: 'refused',
    reason: `Choose time_grain between ${choices} for the given time range`,
  };
}

const BUCKET: Readonly<Record<TimeGrain, (time: string) => string>> = {
  hour: (time) => `formatDateTime(toStartOfHour(${time}), '%Y-%m-%dT%H:00:00Z')`,
  day: (time) => `toString(toDate(${time}))`,
  week: (time) => `toString(toStartOfWeek(${time}))`,
  month: (time) => `toString(toStartOfMonth(${time}))`,
  year: (time) => `toString(toStartOfYear(${time}))`,
};

/** SQL for the label of a time's bucket; labels sort as the times do. */
export function bucketSql(grain: TimeGrain, time: string): string {
  return BUCKET[grain](time);
}
