/**
 * What was submitted before, as the store of submissions asks for it. Its faults are reported and
 * hidden: they cost a duplicate at worst, where refusing would cost the measurement.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FirstAnswer, Seen } from '../../../edge/spool/seen.ts';

export interface SubmissionMemory {
  /** The first answer to a submission with this key. */
  find(key: string): Promise<FirstAnswer | undefined>;
  /** Waits until nobody claims the key: given back, remembered, or its owner ended. */
  isFreeBy(key: string, untilMs: number): Promise<boolean>;
}

const LOOK_EVERY_MS = 10;

export function makeSubmissionMemory(parts: {
  readonly seen: Seen;
  readonly onFault: (error: unknown) => void;
}): SubmissionMemory {
  const { seen } = parts;

  return {
    async find(key) {
      try {
        return await seen.find(key, Date.now());
      } catch (error) {
        parts.onFault(error);
        return undefined;
      }
    },

    async isFreeBy(key, untilMs) {
      while (await seen.isClaimed(key, Date.now())) {
        if (performance.now() >= untilMs) return false;
        await sleep(LOOK_EVERY_MS);
      }
      return true;
    },
  };
}
