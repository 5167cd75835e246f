/** What becomes of a measurement: each has exactly one outcome, is counted by it, and unlinked from `pending/`. */
import { uidReceivedMs } from '../core/measurement/measurementUid.ts';
import type { Spool } from '../edge/spool/spool.ts';
import type { Log } from '../log/log.ts';
import { type FastpathMetrics, testNameLabel, testNameLabelOfUid } from './fastpathMetrics.ts';
import type { InFlight } from './inFlight.ts';
import type { PendingRow } from './pendingRow.ts';
import type { PendingUnlinks } from './pendingUnlinks.ts';

export interface Outcomes {
  /** ClickHouse has confirmed these rows (`wereStored`: those of a predecessor). */
  stored(rows: readonly PendingRow[], wereStored: boolean): Promise<void>;
  /** It gets no row by the rules. */
  discard(uid: string, reason: string): Promise<void>;
  /** It cannot be scored, or its row is refused. */
  quarantine(uid: string, reason: string): Promise<void>;
}

/** `onLeft`: there is room for another one. None of the ways out rejects (unlinks.ts). */
export function makeOutcomes(parts: {
  readonly spool: Pick<Spool, 'quarantinePending'>;
  readonly unlinks: PendingUnlinks;
  readonly inFlight: InFlight;
  readonly metrics: FastpathMetrics;
  readonly log: Log;
  readonly onLeft: () => void;
}): Outcomes {
  const { spool, unlinks, inFlight, metrics, log } = parts;

  const end = (uids: readonly string[]) => {
    for (const uid of uids) inFlight.end(uid);
    parts.onLeft();
  };

  return {
    async stored(rows, wereStored) {
      const nowMs = Date.now();
      const testNames = new Map<string, string>();
      for (const { uid, testName } of rows) {
        const seconds = (nowMs - uidReceivedMs(uid)) / 1000;
        // How late a predecessor's row was is not known.
        if (!wereStored && Number.isFinite(seconds))
          metrics.receiptToRowSeconds.observe(Math.max(0, seconds));
        log.debug('row stored', { measurement_uid: uid });
        testNames.set(uid, testNameLabel(testName));
      }
      // Together: one after the other, the writer would wait for each. Their rows count as the writer's until the batch
      // is done: they are not `leaving`.
      const uids = [...testNames.keys()];
      await unlinks.unlink(uids, (uid) =>
        metrics.measurements.inc({ test_name: testNames.get(uid)!, outcome: 'row' }),
      );
      end(uids);
    },
    async discard(uid, reason) {
      inFlight.leaving(uid);
      log.debug('measurement without row', { measurement_uid: uid, reason });
      await unlinks.unlink([uid], () => {
        metrics.measurements.inc({ test_name: testNameLabelOfUid(uid), outcome: 'discard' });
        metrics.discarded.inc({ reason });
      });
      end([uid]);
    },
    async quarantine(uid, reason) {
      inFlight.leaving(uid);
      let kept: 'kept' | 'full';
      await unlinks.leave(
        uid,
        async () => {
          kept = await spool.quarantinePending(uid, reason);
        },
        () => {
          if (kept === 'kept')
            log.warning('measurement quarantined', { measurement_uid: uid, reason });
          else {
            metrics.quarantineFull.inc();
            log.warning(
              'measurement not scored, without a copy in quarantine/, which is full: see quarantine_max_bytes; it is archived all the same',
              { measurement_uid: uid, reason },
            );
          }
          metrics.measurements.inc({ test_name: testNameLabelOfUid(uid), outcome: 'quarantine' });
        },
      );
      end([uid]);
    },
  };
}
