/** A process that stores submissions under a clock that stands still; told what to do by its parent. */

import { makeMetrics } from '../../src/api/apiMetrics.ts';
import { makeMicrosecondClock } from '../../src/api/microsecondClock.ts';
import { makeStorageFaults } from '../../src/api/routes/submission/storageFaults.ts';
import {
  makeSubmissionStore,
  type Stored,
} from '../../src/api/routes/submission/submissionStore.ts';
import { openDepositor } from '../../src/edge/spool/deposit/native.ts';
import { openReferenceDepositor } from '../../src/edge/spool/deposit/reference.ts';
import { watchFreeSpace } from '../../src/edge/spool/freeSpace.ts';
import { openSeen } from '../../src/edge/spool/seen.ts';
import { openSpool } from '../../src/edge/spool/spool.ts';
import { openLog } from '../../src/log/log.ts';
import { noFallback } from '../support/noFallback.ts';

export interface StoreSetup {
  readonly spoolDir: string;
  readonly nowMs: number;
  readonly claimWaitMs: number;
  /** By the native module, or by what stands in for it. */
  readonly native: boolean;
  /** Its disk never answers; not for the native module. */
  readonly hangs: boolean;
}

export interface ToStore {
  readonly key: string;
  readonly reportId: string;
  readonly envelope: string;
}

/** To the parent: `ready`, once, then the results of each list of submissions. */
export type FromStore =
  | { readonly kind: 'ready' }
  | { readonly kind: 'stored'; readonly results: readonly Stored[] };

async function runStore(setup: StoreSetup): Promise<void> {
  const log = openLog('err');
  const spool = await openSpool(setup.spoolDir);
  const store = makeSubmissionStore({
    spool: setup.hangs ? { ...spool, accept: () => new Promise(() => {}) } : spool,
    seen: openSeen(setup.spoolDir),
    openDepositor: setup.native
      ? (parts) => openDepositor(parts, noFallback)
      : openReferenceDepositor,
    hints: { send() {} },
    clock: makeMicrosecondClock(
      { index: 0, count: 1 },
      () => setup.nowMs,
      () => 0,
    ),
    log,
    metrics: makeMetrics(),
    faults: makeStorageFaults(log),
    freeSpace: watchFreeSpace(setup.spoolDir, { freeBytes: 0, freeInodes: 0 }),
    claimWaitMs: setup.claimWaitMs,
  });

  process.on('message', async (submissions: readonly ToStore[]) => {
    const results = await Promise.all(
      submissions.map(({ key, reportId, envelope }) =>
        store.store({
          key,
          probeCc: 'IT',
          testName: 'ndt',
          make: () => ({ reportId, envelope: Buffer.from(envelope) }),
        }),
      ),
    );
    process.send!({ kind: 'stored', results } satisfies FromStore);
  });
  process.send!({ kind: 'ready' } satisfies FromStore);
}

await runStore(JSON.parse(process.argv[2]!) as StoreSetup);
