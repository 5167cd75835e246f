/** The quotas of all workers, in the primary process: in memory alone, and forgotten when they are full again. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { makeQuotaTable, type QuotaLimit } from '../../core/quotas/quotaTable.ts';
import type {
  QuotaAnswer,
  QuotaReport,
  QuotaSummary,
  QuotaSummaryAnswer,
} from './quotaMessages.ts';

export interface SharedQuotas {
  answer(report: QuotaReport): QuotaAnswer;
  /** Answers the reports and questions of a worker's process. */
  serve(worker: Pick<ChildProcess, 'on' | 'send'>): void;
  /** The clients with the least left. */
  summary(): QuotaSummary;
  readonly clients: number;
  close(): void;
}

const FORGET_EVERY_MS = 60_000;
const KEY_LIFE_MS = 86_400_000;
const SUMMARY_CLIENTS = 20;
const UNITS_PER_SECOND = 100;

export function makeSharedQuotas(
  limits: readonly QuotaLimit[],
  nowMs: () => number = Date.now,
): SharedQuotas {
  const table = makeQuotaTable(limits);
  const newKey = () => randomBytes(32).toString('base64url');
  let key = newKey();
  let keySinceMs = nowMs();
  const renew = () => {
    if (nowMs() - keySinceMs < KEY_LIFE_MS) return;
    // Nobody can tell whose the hashes were.
    key = newKey();
    keySinceMs = nowMs();
    table.clear();
  };
  const timer = setInterval(() => {
    renew();
    table.forget(nowMs());
  }, FORGET_EVERY_MS).unref();

  const answer: SharedQuotas['answer'] = (report) => {
    renew();
    const atMs = nowMs();
    // What was hashed with yesterday's key is nobody's.
    const spent = report.key === key ? report.spent : [];
    const standings = spent.map(([client, units]) => {
      const { remaining, retryAfterS } = table.spend(client, units, atMs);
      return [client, remaining, retryAfterS] as const;
    });
    return { kind: 'quotas', key, standings };
  };

  const summary = (): QuotaSummary =>
    table
      .lowest(SUMMARY_CLIENTS, nowMs())
      .map(({ client, remaining }) => [client, remaining / UNITS_PER_SECOND] as const);

  return {
    answer,
    serve(worker) {
      const send = (message: QuotaAnswer | QuotaSummaryAnswer) => worker.send(message, () => {});
      worker.on('message', (message: { kind: string }) => {
        if (message.kind === 'spent') send(answer(message as QuotaReport));
        if (message.kind === 'quotas_summary') send({ kind: 'quotas_summary', summary: summary() });
      });
    },
    summary,
    get clients() {
      return table.clients;
    },
    close: () => clearInterval(timer),
  };
}
