/**
 * What was submitted before, as the store of submissions asks for it. Its faults are reported and
 * hidden: they cost a duplicate at worst, where refusing would cost the measurement.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, FirstAnswer, Seen } from '../../../edge/spool/seen.ts';
import type { StorageFaults } from './storageFaults.ts';

export interface SubmissionMemory {
  /** The first answer to a submission with this key. */
  find(key: string): Promise<FirstAnswer | undefined>;
  /** undefined: another worker is storing an equal submission. */
  claim(key: string, answer: FirstAnswer): Promise<OwnClaim | undefined>;
  /** Waits until nobody claims the key: given back, remembered, or its owner ended. */
  isFreeBy(key: string, untilMs: number): Promise<boolean>;
}

export interface OwnClaim {
  /** The measurement is durable. */
  remember(): Promise<void>;
  /** Nothing was stored. */
  release(): Promise<void>;
}

const LOOK_EVERY_MS = 10;

export function makeSubmissionMemory(parts: {
  readonly seen: Seen;
  readonly directory: string;
  readonly faults: StorageFaults;
}): SubmissionMemory {
  const { seen } = parts;
  const orReport = async <T>(step: Promise<T>): Promise<T | undefined> => {
    try {
      return await step;
    } catch (error) {
      parts.faults.report('remember', parts.directory, error);
      return undefined;
    }
  };

  return {
    find: (key) => orReport(seen.find(key, Date.now())),

    async claim(key, answer) {
      let claim: Claim | undefined;
      try {
        claim = await seen.claim(key, answer);
        if (claim === undefined) return undefined;
      } catch (error) {
        parts.faults.report('remember', parts.directory, error);
      }
      return {
        async remember() {
          await orReport(claim?.remember(Date.now()) ?? seen.remember(key, answer, Date.now()));
        },
        async release() {
          // One that stays is known for our own when the submission comes again.
          if (claim !== undefined) await orReport(claim.release());
        },
      };
    },

    async isFreeBy(key, untilMs) {
      while (seen.isClaimed(key)) {
        if (performance.now() >= untilMs) return false;
        await sleep(LOOK_EVERY_MS);
      }
      return true;
    },
  };
}
