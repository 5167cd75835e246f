/** Tells a ClickHouse that does not answer, which is waited for, from one that refuses. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRefusal } from '../../edge/clickhouse/clickhouseErrors.ts';

export interface Outage {
  /**
   * Does the work again until it succeeds. Throws the error when the server refuses the work, which
   * it will again, and the last one when it has not answered anybody for too long.
   */
  ask<Answer>(work: () => Promise<Answer>): Promise<Answer>;
  failed(error: unknown): void;
  ended(): void;
}

/** Why nothing is asked any more. */
export type GivenUp = 'refused' | 'no answer';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * `onGivenUp` is called once: when the server refuses something, or has not answered for
 * `giveUpAfterMs`.
 */
export function watchOutage(
  giveUpAfterMs: number,
  onGivenUp: (error: unknown, why: GivenUp) => void,
): Outage {
  let sinceMs: number | undefined;
  const givenUp = new AbortController();
  const outage: Outage = {
    async ask(work) {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          const answer = await work();
          outage.ended();
          return answer;
        } catch (error) {
          outage.failed(error);
          if (givenUp.signal.aborted) throw error;
          // Whoever waits need not wait on when it is given up: one more try tells it so.
          await sleep(pauseMs, undefined, { signal: givenUp.signal }).catch(() => {});
        }
      }
    },
    failed(error) {
      sinceMs ??= performance.now();
      const refused = isRefusal(error);
      if (givenUp.signal.aborted) return;
      if (!refused && performance.now() - sinceMs < giveUpAfterMs) return;
      givenUp.abort();
      onGivenUp(error, refused ? 'refused' : 'no answer');
    },
    ended() {
      sinceMs = undefined;
    },
  };
  return outage;
}
