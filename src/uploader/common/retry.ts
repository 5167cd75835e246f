/**
 * Asking ClickHouse again after a failure: a server that restarts or is overloaded for a minute must not
 * end a run of hours. Everything that is asked through this can be asked twice.
 */
import { isRefusal } from '../../edge/clickhouse/clickhouseErrors.ts';
import { errorText, type Log } from '../../log/log.ts';
import { tryAgain } from '../../program/tryAgain.ts';

/** Does `work` until it succeeds, some times at most; throws its last error. */
export type Retry = <Result>(what: string, work: () => Promise<Result>) => Promise<Result>;

/** Pauses between tries: about two minutes in all. */
const PAUSES_MS = [1_000, 3_000, 10_000, 30_000, 60_000];

export function makeRetry(log: Log, pausesMs: readonly number[] = PAUSES_MS): Retry {
  return (what, work) =>
    tryAgain(work, (error, failures) => {
      const pauseMs = pausesMs[failures - 1];
      // What is refused is refused each time: a row, a table that is missing, a grant.
      if (pauseMs === undefined || isRefusal(error)) return undefined;
      log.warning(
        'ClickHouse failed: trying again. If this goes on, check the [clickhouse] section and the server',
        { what, problem: errorText(error), again_in_ms: pauseMs },
      );
      return pauseMs;
    });
}
