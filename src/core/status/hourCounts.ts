/** How many measurements were received, scored and published, hour by hour of receipt. */
import { HOUR_MS, hourName } from '../time/hours.ts';

export interface HourCounts {
  /** `YYYYMMDDHH`, UTC. */
  readonly hour: string;
  /** Published, and in the spool of this host: of other hosts it is not known what they still have. */
  readonly received: number;
  readonly scored: number;
  readonly published: number;
}

/** Counts by `YYYYMMDDHH`. */
export type ByHour = ReadonlyMap<string, number>;

/** The hours of `nowMs` and so many before it, the newest first. */
export function lastHours(nowMs: number, count: number): string[] {
  return Array.from({ length: count }, (_, ago) => hourName(nowMs - ago * HOUR_MS));
}

export function hourCounts(
  hours: readonly string[],
  { spool, scored, published }: Readonly<Record<'spool' | 'scored' | 'published', ByHour>>,
): HourCounts[] {
  return hours.map((hour) => ({
    hour,
    received: (spool.get(hour) ?? 0) + (published.get(hour) ?? 0),
    scored: scored.get(hour) ?? 0,
    published: published.get(hour) ?? 0,
  }));
}
