/**
 * The last steps of every accepted submission: asked for before? (protocol, probes 9.18),
 * uid, claimed against equal ones in other workers, durable in the spool, hinted at, remembered. Only
 * then may the route answer 200.
 */
import {
  type MeasurementUid,
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../core/measurement/measurementUid.ts';
import type { AcceptedSubmission } from '../../../core/submission/judgement.ts';
import type { HintClient } from '../../../edge/hints/hintClient.ts';
import type { Deposited, Depositor, DepositorParts } from '../../../edge/spool/deposit/deposit.ts';
import type { FreeSpace } from '../../../edge/spool/freeSpace.ts';
import type { FirstAnswer, Seen } from '../../../edge/spool/seen.ts';
import type { Spool } from '../../../edge/spool/spool.ts';
import { errorText, type Log } from '../../../log/log.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { MicrosecondClock } from '../../microsecondClock.ts';
import type { StorageFaults } from './storageFaults.ts';
import { makeSubmissionMemory } from './submissionMemory.ts';

export type Stored =
  | { readonly kind: 'stored' | 'repeated'; readonly answer: FirstAnswer }
  /** It could not be made durable; nothing of it is left. `detail`: what the probe is told. */
  | { readonly kind: 'failed'; readonly detail: string };

/** Takes accepted submissions to where they are safe. */
export interface SubmissionStore {
  /** New measurements stored since the start. */
  readonly stored: number;
  /** Whether the disk refused a measurement lately, and took none since. */
  readonly failing: boolean;
  store(submission: AcceptedSubmission): Promise<Stored>;
}

export interface SubmissionStoreParts {
  readonly spool: Spool;
  readonly seen: Seen;
  readonly openDepositor: (parts: DepositorParts) => Depositor;
  readonly hints: Pick<HintClient, 'send'>;
  readonly clock: MicrosecondClock;
  readonly log: Log;
  readonly metrics: ApiMetrics;
  readonly faults: StorageFaults;
  readonly freeSpace: FreeSpace;
  /** How long an equal submission in another worker is waited for. */
  readonly claimWaitMs?: number;
}

/** Probes give up after 30 s (protocol, probes 2.1). */
const CLAIM_WAIT_MS = 10_000;
/** Without submissions nobody knows whether the disk has come back. */
const FAILING_FOR_MS = 60_000;
/** Uids that are tried for a measurement: each is later than the one before. */
const MAX_UIDS = 8;

const notStored = (why = ''): Stored => ({
  kind: 'failed',
  detail: `Measurement could not be stored${why}`,
});

interface Made {
  readonly uid: MeasurementUid;
  readonly envelope: Uint8Array;
  readonly answer: FirstAnswer;
}

export function makeSubmissionStore(parts: SubmissionStoreParts): SubmissionStore {
  const { spool, log, metrics, clock, claimWaitMs = CLAIM_WAIT_MS } = parts;
  const onMemoryFault = (error: unknown) => parts.faults.report('remember', spool.dir, error);
  const memory = makeSubmissionMemory({ seen: parts.seen, onFault: onMemoryFault });
  const depositor = parts.openDepositor({ spool, seen: parts.seen, onMemoryFault });
  /** Being stored now: a probe that was impatient gets the answer of its first try. */
  const inProgress = new Map<string, Promise<Stored>>();
  let stored = 0;
  let failedAtMs = Number.NEGATIVE_INFINITY;

  const repeated = (answer: FirstAnswer): Stored => {
    log.debug('repeated submission', {
      measurement_uid: answer.measurementUid,
      report_id: answer.reportId,
    });
    return { kind: 'repeated', answer };
  };

  /** Stores durably, unless another has or does. `failed`: the fault was told to the log. */
  const deposit = async ({ uid, envelope, answer }: Made, key: string) => {
    const fields = { measurement_uid: uid.text, report_id: answer.reportId };
    const endTimer = metrics.storeSeconds.startTimer();
    let deposited: Deposited;
    try {
      deposited = await depositor.deposit({ uid, envelope, key, answer, nowMs: Date.now() });
    } catch (error) {
      parts.faults.report('store', spool.dir, error);
      failedAtMs = performance.now();
      log.debug('measurement not stored', { ...fields, error: errorText(error) });
      return 'failed';
    }
    if (deposited !== 'stored') return deposited;
    endTimer();
    failedAtMs = Number.NEGATIVE_INFINITY;
    stored++;
    parts.hints.send(uid.text);
    log.debug('measurement stored', fields);
    return deposited;
  };

  const storeNew = async (submission: AcceptedSubmission): Promise<Stored> => {
    const { key } = submission;
    const waitUntilMs = performance.now() + claimWaitMs;
    // Nearly all are new, and storing looks itself: only where that cannot be is it looked before.
    const asBefore = async (): Promise<Stored | undefined> => {
      const first = await memory.find(key);
      return first && repeated(first);
    };
    for (let uids = 0; uids < MAX_UIDS; ) {
      const time = clock.read();
      if (time.kind !== 'good') {
        const before = await asBefore();
        if (before !== undefined) return before;
        log.debug('measurement not stored', { reason: time.kind });
        return notStored(': the clock of this server is wrong');
      }
      try {
        await parts.freeSpace.require();
      } catch (error) {
        const before = await asBefore();
        if (before !== undefined) return before;
        parts.faults.report('store', spool.dir, error);
        return notStored();
      }
      const made = madeAt(time.us, submission);
      const outcome = await deposit(made, key);
      switch (outcome) {
        case 'stored':
          return { kind: 'stored', answer: made.answer };
        case 'failed':
          return notStored();
        case 'uid_taken':
          uids++;
          break;
        case 'claimed':
        case 'seen': {
          const before = await asBefore();
          if (before !== undefined) return before;
          if (outcome === 'seen') uids++;
          else if (!(await memory.isFreeBy(key, waitUntilMs)))
            return notStored(': an equal one is being stored');
        }
      }
    }
    throw new Error('no measurement_uid is free');
  };

  return {
    get stored() {
      return stored;
    },
    get failing() {
      return performance.now() - failedAtMs < FAILING_FOR_MS;
    },
    async store(submission) {
      const running = inProgress.get(submission.key);
      if (running !== undefined) {
        const result = await running;
        return result.kind === 'stored' ? { kind: 'repeated', answer: result.answer } : result;
      }
      const promise = storeNew(submission);
      inProgress.set(submission.key, promise);
      try {
        return await promise;
      } finally {
        inProgress.delete(submission.key);
      }
    },
  };
}

function madeAt(receivedUs: number, { make, probeCc, testName }: AcceptedSubmission): Made {
  const { reportId, envelope } = make(Math.floor(receivedUs / 1000));
  const text = makeMeasurementUid(receivedUs, probeCc, testName, envelope);
  const uid = parseMeasurementUid(text);
  if (uid === undefined) throw new Error(`made a measurement_uid that is not one: ${text}`);
  return { uid, envelope, answer: { measurementUid: text, reportId } };
}
