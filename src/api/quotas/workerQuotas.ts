/**
 * A worker's view of the quotas, which the primary process keeps for all workers: what was spent goes there
 * four times a second, and what these clients have left comes back. No request waits for that; so a client
 * may spend a quarter of a second of each worker more than it has, which is recorded all the same.
 *
 * Clients are hashes with a key that the primary makes anew each day and keeps in memory.
 */
import { createHmac } from 'node:crypto';
import type { Standing } from '../../core/quotas/quotaTable.ts';
import { clientNetwork } from '../../core/text/clientNetwork.ts';
import type { QuotaAnswer, QuotaReport } from './quotaMessages.ts';

export interface WorkerQuotas {
  /** Undefined while nothing is known: then the request passes. */
  standing(address: string): Standing | undefined;
  spend(address: string, units: number): void;
  heard(answer: QuotaAnswer): void;
  close(): void;
}

const REPORT_EVERY_MS = 250;
/** What was not heard of for so long is not known any more. */
const KNOWN_MS = 60_000;
const HASH_CHARS = 16;

export function makeWorkerQuotas(parts: {
  readonly tell: (report: QuotaReport) => void;
  readonly nowMs: () => number;
  readonly reportEveryMs?: number;
}): WorkerQuotas {
  const { tell, nowMs } = parts;
  let key: string | undefined;
  /** Since the last report. */
  let spent = new Map<string, number>();
  const known = new Map<string, Standing & { readonly atMs: number }>();

  const hashOf = (address: string): string | undefined => {
    const client = clientNetwork(address);
    if (key === undefined || client === '') return undefined;
    return createHmac('sha256', key).update(client).digest('base64url').slice(0, HASH_CHARS);
  };
  const report = () => {
    // Without a key it is asked for one.
    if (key !== undefined && spent.size === 0) return;
    tell({ kind: 'spent', spent: [...spent] });
    spent = new Map();
    for (const [client, { atMs }] of known) if (nowMs() - atMs > KNOWN_MS) known.delete(client);
  };
  report();
  const timer = setInterval(report, parts.reportEveryMs ?? REPORT_EVERY_MS).unref();

  return {
    standing(address) {
      const client = hashOf(address);
      const standing = client === undefined ? undefined : known.get(client);
      if (client === undefined || standing === undefined) return undefined;
      const secondsAgo = Math.max(0, nowMs() - standing.atMs) / 1000;
      // What was refused until now may have something again: the primary is asked by letting it pass.
      if (standing.retryAfterS > 0 && secondsAgo >= standing.retryAfterS) return undefined;
      return {
        remaining: Math.max(0, standing.remaining - (spent.get(client) ?? 0)),
        retryAfterS: Math.max(0, Math.ceil(standing.retryAfterS - secondsAgo)),
      };
    },
    spend(address, units) {
      const client = hashOf(address);
      if (client !== undefined) spent.set(client, (spent.get(client) ?? 0) + units);
    },
    heard(answer) {
      if (answer.key !== key) {
        key = answer.key;
        spent.clear();
        known.clear();
      }
      for (const [client, remaining, retryAfterS] of answer.standings)
        known.set(client, { remaining, retryAfterS, atMs: nowMs() });
    },
    close: () => clearInterval(timer),
  };
}
