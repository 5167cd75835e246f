/** Storing in JavaScript, in many steps: what the native module is held against, and its stand-in. */
import type { Claim } from '../seen.ts';
import type { Deposit, Deposited, Depositor, DepositorParts } from './deposit.ts';

export function openReferenceDepositor(parts: DepositorParts): Depositor {
  const { spool, seen, onMemoryFault } = parts;
  const orReport = async <T>(step: Promise<T>): Promise<T | undefined> => {
    try {
      return await step;
    } catch (error) {
      onMemoryFault(error);
      return undefined;
    }
  };

  const store = async ({ uid, envelope, key, nowMs }: Deposit): Promise<Deposited> => {
    // Between the caller's look and the claim another may have come to its end.
    if ((await orReport(seen.find(key, nowMs))) !== undefined) return 'seen';
    return await spool.accept(uid, envelope);
  };

  return {
    async deposit(deposit) {
      const { key, answer, nowMs } = deposit;
      let claim: Claim | undefined;
      try {
        claim = await seen.claim(key, answer, nowMs);
        if (claim === undefined)
          return (await seen.find(key, nowMs)) === undefined ? 'claimed' : 'seen';
      } catch (error) {
        onMemoryFault(error);
      }
      let result: Deposited | undefined;
      try {
        result = await store(deposit);
        return result;
      } finally {
        if (result === 'stored')
          await orReport(claim?.remember() ?? seen.remember(key, answer, nowMs));
        // One that stays is known for our own when the submission comes again.
        else if (claim !== undefined) await orReport(claim.release());
      }
    },
  };
}
