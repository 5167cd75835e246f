/** The limits on login mails of all workers, which the primary process counts, in memory alone. */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { ApiConfig } from '../../config/api.ts';
import {
  type MailDecision,
  type MailLimits,
  makeMailLimits,
} from '../../core/accounts/mailLimits.ts';
import type { MailAnswer, MailQuestion } from './mailMessages.ts';

/** Counts a mail that somebody asks for; undefined when it cannot be told whether it may be sent. */
export type MayMail = (
  client: string,
  emailAddress: string,
  nowMs: number,
) => Promise<MailDecision | undefined>;

export function mailLimitsOf({ accounts }: Pick<ApiConfig, 'accounts'>): MailLimits {
  return makeMailLimits({
    secret: randomBytes(32),
    perClient: accounts.mails_per_client,
    perAddress: accounts.mails_per_address,
    inAll: accounts.mails_in_all,
  });
}

/** Answers the questions of a worker's process. */
export function serveMailLimits(
  limits: MailLimits,
  worker: Pick<ChildProcess, 'on' | 'send'>,
  nowMs: () => number = Date.now,
): void {
  worker.on('message', (message: { kind: string }) => {
    if (message.kind !== 'may_mail') return;
    const { number, client, emailAddress } = message as MailQuestion;
    const decision = limits.ask(client, emailAddress, nowMs());
    const answer: MailAnswer = { kind: 'may_mail', number, decision };
    // A worker that has just ended does not mind.
    worker.send(answer, () => {});
  });
}

/** Somebody waits for the page meanwhile. */
const TIMEOUT_MS = 5_000;

export interface WorkerMailLimits {
  readonly mayMail: MayMail;
  heard(answer: MailAnswer): void;
}

/** A worker's side: asks the primary. */
export function makeWorkerMailLimits(
  tell: (question: MailQuestion) => void,
  timeoutMs = TIMEOUT_MS,
): WorkerMailLimits {
  const asked = new Map<number, (decision: MailDecision | undefined) => void>();
  let lastNumber = 0;
  return {
    mayMail: (client, emailAddress) =>
      new Promise((resolve) => {
        const number = ++lastNumber;
        const settle = (decision: MailDecision | undefined) => {
          clearTimeout(timer);
          asked.delete(number);
          resolve(decision);
        };
        const timer = setTimeout(settle, timeoutMs, undefined);
        asked.set(number, settle);
        tell({ kind: 'may_mail', number, client, emailAddress });
      }),
    heard: ({ number, decision }) => asked.get(number)?.(decision),
  };
}
