/**
 * Limits on login mails of all workers together, over the messages that they and the primary process exchange.
 *
 * Covers src/api/quotas/mailMessages.ts.
 */
import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import t from 'tap';
import type { MailAnswer, MailQuestion } from '../../../src/api/quotas/mailMessages.ts';
import {
  mailLimitsOf,
  makeWorkerMailLimits,
  serveMailLimits,
} from '../../../src/api/quotas/sharedMailLimits.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const accounts = { mails_per_client: 3, mails_per_address: 2, mails_in_all: 4 };

/** A worker of these limits; messages take their turn, as between processes. */
function worker(limits: ReturnType<typeof mailLimitsOf>) {
  const events = new EventEmitter();
  const own = makeWorkerMailLimits((question: MailQuestion) =>
    setImmediate(() => events.emit('message', question)),
  );
  const channel = {
    on: events.on.bind(events),
    send(answer: MailAnswer) {
      setImmediate(() => own.heard(answer));
      return true;
    },
  } as unknown as ChildProcess;
  serveMailLimits(limits, channel, () => NOW_MS);
  return { ...own, events };
}

t.test('what one worker sends counts for all', async (t) => {
  const limits = mailLimitsOf({ accounts } as never);
  const [one, two] = [worker(limits), worker(limits)];
  const kinds = (all: readonly ({ kind: string } | undefined)[]) => all.map((each) => each?.kind);
  const asked = [one, two, one].map(({ mayMail }) => mayMail('192.0.2.1', 'a@b.org', NOW_MS));
  t.strictSame(kinds(await Promise.all(asked)), ['send', 'send', 'enough']);
  t.match(await two.mayMail('192.0.2.1', 'c@b.org', NOW_MS), { kind: 'refused' }, 'the client');
  t.match(await one.mayMail('192.0.2.2', 'c@b.org', NOW_MS), { kind: 'send' });
  t.match(await two.mayMail('192.0.2.3', 'd@b.org', NOW_MS), { kind: 'send' });
  t.match(
    await one.mayMail('192.0.2.4', 'e@b.org', NOW_MS),
    { kind: 'refused', retryAfterSeconds: 3_600 },
    'in all',
  );
  one.events.emit('message', { kind: 'stats' });
  t.equal(limits.entries, 8, 'other messages are of no account');
});

t.test('a primary process that does not answer', async (t) => {
  const { mayMail, heard } = makeWorkerMailLimits(() => {}, 10);
  t.equal(await mayMail('192.0.2.1', 'a@b.org', NOW_MS), undefined);
  heard({ kind: 'may_mail', number: 1, decision: { kind: 'send' } });
});
