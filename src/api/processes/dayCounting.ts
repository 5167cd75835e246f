/** One process of a host keeps the counts by day up to date, as long as it runs (docs/design/day-counters.md). */
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { countDays } from '../../edge/clickhouse/dayCounters.ts';
import { errorText, type Log } from '../../log/log.ts';

export interface DayCounting {
  /** Since all days were looked through last, or since the start. */
  readonly ageSeconds: number;
  /** Breaks off what is being counted: it is counted again at the next start. */
  close(): Promise<void>;
}

const EVERY_MS = 60_000;
/** At once; days that are left over are counted in the next round. */
const ROUND_MS = 300_000;

export function startDayCounting(
  client: ClickHouseClient,
  log: Log,
  everyMs = EVERY_MS,
): DayCounting {
  let lookedAtMs = performance.now();
  let failing = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  const round = async () => {
    try {
      const counted = await countDays(client, Date.now, ROUND_MS);
      lookedAtMs = performance.now();
      if (failing) log.info('days are counted again', { counted });
      failing = false;
    } catch (error) {
      // Told once: aggregations read the rows meanwhile, which takes longer.
      if (!failing && !closed)
        log.warning(
          'cannot count the measurements of the days: aggregations of long ranges take longer; check ClickHouse, and run ooni-api migrate if tables are missing',
          { error: errorText(error) },
        );
      failing = true;
    }
    if (!closed) timer = setTimeout(round, everyMs).unref();
  };
  timer = setTimeout(round, 0).unref();
  return {
    get ageSeconds() {
      return (performance.now() - lookedAtMs) / 1000;
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await client.close();
    },
  };
}
