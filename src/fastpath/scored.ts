/** What is done with a measurement when a thread has answered for it. */
import type { Log } from '../log/log.ts';
import { oncePer } from '../log/oncePer.ts';
import { type FastpathMetrics, testNameLabel } from './fastpathMetrics.ts';
import type { InFlight } from './inFlight.ts';
import type { Outcomes } from './outcomes.ts';
import type { Scored } from './scoringMessages.ts';
import type { Writer } from './writer.ts';

const SAY_UNREADABLE_EVERY_MS = 60_000;

export interface ScoredHandler {
  handle(answer: Scored): void;
  /** How many there were. */
  readonly count: number;
}

export function makeScoredHandler(parts: {
  readonly inFlight: InFlight;
  readonly writer: Pick<Writer, 'add'>;
  readonly outcomes: Outcomes;
  readonly metrics: FastpathMetrics;
  readonly log: Log;
}): ScoredHandler {
  const { inFlight, outcomes, metrics, log } = parts;
  const sayUnreadable = oncePer(SAY_UNREADABLE_EVERY_MS);
  let count = 0;
  return {
    get count() {
      return count;
    },
    handle({ uid, result, sizeBytes, scoringMs }) {
      if (result.kind === 'large') return inFlight.wait(uid);
      count++;
      metrics.measurementBytes.inc(sizeBytes);
      switch (result.kind) {
        case 'row':
          metrics.scoringSeconds.observe(
            { test_name: testNameLabel(result.testName) },
            scoringMs / 1000,
          );
          parts.writer.add({ uid, ...result, mayBeStored: inFlight.batch(uid) });
          return;
        case 'discard':
          void outcomes.discard(uid, result.reason);
          return;
        case 'quarantine':
          void outcomes.quarantine(uid, result.reason);
          return;
        case 'deadly':
          log.err(
            'a measurement ended the process each time that it was scored: moved to quarantine/, the others go on; report it with the lines of the log before each start',
            { measurement_uid: uid, reason: result.reason },
          );
          void outcomes.quarantine(uid, result.reason);
          return;
        case 'foreign':
          log.err(
            'what is in pending/ was not put there by ooni-api: moved to quarantine/, not read; find out who did, see /usr/share/doc/ooni-common/security.md',
            { measurement_uid: uid, reason: result.reason },
          );
          void outcomes.quarantine(uid, result.reason);
          return;
        case 'unreadable':
          metrics.unreadable.inc();
          sayUnreadable((unsaid) =>
            log.err(
              'cannot read a pending measurement: it stays for a later sweep; check the disk and the permissions of the spool',
              { measurement_uid: uid, error: result.reason, not_logged: unsaid || undefined },
            ),
          );
          return inFlight.end(uid);
        case 'gone':
          return inFlight.end(uid);
      }
    },
  };
}
