/** Waits for a ClickHouse that does not answer, for a while. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Outage {
  /**
   * Does the work again until it succeeds; `isFinal` errors are thrown. Throws the last error when
   * the server has not answered anybody for too long.
   */
  ask<Answer>(work: () => Promise<Answer>): Promise<Answer>;
  failed(error: unknown): void;
  ended(): void;
}

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/** `onGivenUp` is called once, when the server has not answered for `giveUpAfterMs`. */
export function watchOutage(giveUpAfterMs: number, onGivenUp: (error: unknown) => void): Outage {
  let sinceMs: number | undefined;
  let givenUp = false;
  const outage: Outage = {
    async ask(work) {
      for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        try {
          const answer = await work();
          outage.ended();
          return answer;
        } catch (error) {
          outage.failed(error);
          if (givenUp) throw error;
          await sleep(pauseMs);
        }
      }
    },
    failed(error) {
      sinceMs ??= Date.now();
      if (givenUp || Date.now() - sinceMs < giveUpAfterMs) return;
      givenUp = true;
      onGivenUp(error);
    },
    ended() {
      sinceMs = undefined;
    },
  };
  return outage;
}
