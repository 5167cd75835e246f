/**
 * What is wrong with the service now, for /health and the line in `systemctl status` (protocol,
 * probes 3.19). Liveness is another question: /live asks nothing of all this.
 */
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiConfig } from '../../config/api.ts';
import { HEALTH_ERRORS, type HealthError } from '../../core/health/troubles.ts';
import { healthQuery } from '../../core/sql/healthQuery.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { HintClient } from '../../edge/hints/hintClient.ts';
import type { FreeSpace, Room } from '../../edge/spool/freeSpace.ts';
import type { MicrosecondClock } from '../microsecondClock.ts';

export interface Health {
  /** Never throws, and takes no longer than a bound. */
  errors(): Promise<readonly HealthError[]>;
}

export interface HealthParts {
  readonly spoolDir: string;
  readonly freeSpace: FreeSpace;
  readonly clock: Pick<MicrosecondClock, 'fault'>;
  readonly hints: Pick<HintClient, 'answers'>;
  readonly client: ClickHouseClient;
  /** Whether measurements were refused of late because they could not be stored. */
  readonly storingFails: () => boolean;
}

/** What is to be left on the spool's disk. */
export function leastRoom(config: ApiConfig): Room {
  return { freeBytes: config.min_free_bytes, freeInodes: config.min_free_inodes };
}

/** Apps and supervisors ask; what takes longer for this is not healthy. */
const TIMEOUT_MS = 2_000;
/** Anybody may ask as often as they like: an answer is good for so long. */
const FRESH_MS = 1_000;

export function makeHealth(
  parts: HealthParts,
  nowMs: () => number = () => performance.now(),
): Health {
  const checks: readonly (() => Promise<HealthError | undefined> | HealthError | undefined)[] = [
    () => parts.clock.fault(),
    () =>
      parts.freeSpace.require().then(
        () => undefined,
        () => 'spool_full' as const,
      ),
    async () =>
      parts.storingFails() || !(await inTime(canWrite(parts.spoolDir))) ? 'spool_error' : undefined,
    () => (parts.hints.answers ? undefined : 'fastpath_connection_error'),
    async () => ((await inTime(canRead(parts.client))) ? undefined : 'clickhouse_error'),
  ];
  let askedMs = Number.NEGATIVE_INFINITY;
  let answer: Promise<readonly HealthError[]> = Promise.resolve([]);
  const ask = async () => {
    const found = await Promise.all(checks.map((check) => check()));
    return HEALTH_ERRORS.filter((error) => found.includes(error));
  };
  return {
    errors() {
      if (nowMs() - askedMs >= FRESH_MS) {
        askedMs = nowMs();
        answer = ask();
      }
      return answer;
    },
  };
}

/** Whether a step ends well before it is given up. */
async function inTime(step: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT_MS);
  });
  const ended = step.then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws when a folder is missing, is not ours to write, or its file system is read-only. */
async function canWrite(spoolDir: string): Promise<void> {
  for (const folder of ['incoming', 'pending'])
    await access(join(spoolDir, folder), constants.W_OK | constants.X_OK);
}

async function canRead(client: ClickHouseClient): Promise<void> {
  const result = await client.query({
    query: healthQuery.sql,
    query_params: healthQuery.values,
    format: 'JSONEachRow',
    abort_signal: AbortSignal.timeout(TIMEOUT_MS),
    clickhouse_settings: { cancel_http_readonly_queries_on_client_close: 1 },
  });
  await result.text();
}
