/**
 * A worker's view of the quotas, which the primary process keeps for all workers: what was spent goes there
 * four times a second, and what these clients have left comes back. No request waits for that; so a client
 * may spend a quarter of a second of each worker more than it has, which is recorded all the same.
 *
 * Clients are hashes with a key that the primary makes anew each day and keeps in memory.
 */
import { createHmac } from 'node:crypto';
import type { Standing } from '../../core/quotas/quotaTable.ts';
import type {
  QuotaAnswer,
  QuotaReport,
  QuotaSummary,
  QuotaSummaryAnswer,
  QuotaSummaryQuestion,
} from './quotaMessages.ts';

export interface WorkerQuotas {
  /** Of the one of these clients that has least left. Undefined while nothing is known: then the request passes. */
  standing(clients: readonly string[]): Standing | undefined;
  /** Each of them pays all of it. */
  spend(clients: readonly string[], units: number): void;
  /** Who has the least left, of all workers' clients; undefined when the primary does not answer. */
  summary(): Promise<QuotaSummary | undefined>;
  heard(answer: QuotaAnswer | QuotaSummaryAnswer): void;
  close(): void;
}

const REPORT_EVERY_MS = 250;
/** What was not heard of for so long is not known any more. */
const KNOWN_MS = 60_000;
const HASH_CHARS = 16;
/** Somebody waits for the summary meanwhile. */
const SUMMARY_WITHIN_MS = 5_000;

export function makeWorkerQuotas(parts: {
  readonly tell: (report: QuotaReport | QuotaSummaryQuestion) => void;
  readonly nowMs: () => number;
  readonly reportEveryMs?: number;
  readonly summaryWithinMs?: number;
}): WorkerQuotas {
  const { tell, nowMs } = parts;
  let key: string | undefined;
  /** Since the last report. */
  let spent = new Map<string, number>();
  const known = new Map<string, Standing & { readonly atMs: number }>();
  const waiting = new Set<(summary: QuotaSummary | undefined) => void>();

  const hashesOf = (clients: readonly string[]): string[] => {
    const secret = key;
    if (secret === undefined) return [];
    return clients.map((client) =>
      createHmac('sha256', secret).update(client).digest('base64url').slice(0, HASH_CHARS),
    );
  };
  const standingOf = (hash: string): Standing | undefined => {
    const standing = known.get(hash);
    if (standing === undefined) return undefined;
    const secondsAgo = Math.max(0, nowMs() - standing.atMs) / 1000;
    // What was refused until now may have something again: the primary is asked by letting it pass.
    if (standing.retryAfterS > 0 && secondsAgo >= standing.retryAfterS) return undefined;
    return {
      remaining: Math.max(0, standing.remaining - (spent.get(hash) ?? 0)),
      retryAfterS: Math.max(0, Math.ceil(standing.retryAfterS - secondsAgo)),
    };
  };
  const report = () => {
    // Without a key it is asked for one.
    if (key !== undefined && spent.size === 0) return;
    tell({ kind: 'spent', key, spent: [...spent] });
    spent = new Map();
    for (const [client, { atMs }] of known) if (nowMs() - atMs > KNOWN_MS) known.delete(client);
  };
  report();
  const timer = setInterval(report, parts.reportEveryMs ?? REPORT_EVERY_MS).unref();

  return {
    standing(clients) {
      const standings = hashesOf(clients)
        .map(standingOf)
        .filter((standing) => standing !== undefined);
      if (standings.length === 0) return undefined;
      return {
        remaining: Math.min(...standings.map(({ remaining }) => remaining)),
        retryAfterS: Math.max(...standings.map(({ retryAfterS }) => retryAfterS)),
      };
    },
    spend(clients, units) {
      for (const hash of hashesOf(clients)) spent.set(hash, (spent.get(hash) ?? 0) + units);
    },
    summary: () =>
      new Promise((resolve) => {
        const settle = (summary: QuotaSummary | undefined) => {
          clearTimeout(timeout);
          waiting.delete(settle);
          resolve(summary);
        };
        const timeout = setTimeout(settle, parts.summaryWithinMs ?? SUMMARY_WITHIN_MS, undefined);
        waiting.add(settle);
        tell({ kind: 'quotas_summary' });
      }),
    heard(answer) {
      if (answer.kind === 'quotas_summary') {
        for (const settle of waiting) settle(answer.summary);
        return;
      }
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
