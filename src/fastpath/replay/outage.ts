/** Tells a ClickHouse that does not answer, which is waited for, from one that refuses. */
import { isRefusal } from '../../edge/clickhouse/clickhouseErrors.ts';
import { doubledMs, tryAgain } from '../../program/tryAgain.ts';

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
      const pauseAfter = (error: unknown, failures: number) => {
        outage.failed(error);
        return givenUp.signal.aborted
          ? undefined
          : doubledMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
      };
      // Whoever waits need not wait on when it is given up: one more try tells it so.
      const answer = await tryAgain(work, pauseAfter, givenUp.signal);
      outage.ended();
      return answer;
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
