/**
 * The last steps of every accepted submission: asked for before? (contract, probe-services 9.18),
 * uid, durable in the spool, remembered, hinted at. Only then may the route answer 200.
 */
import { makeMeasurementUid, parseMeasurementUid } from '../core/measurement/measurementUid.ts';
import type { HintClient } from '../edge/hints/client.ts';
import type { FreeSpace } from '../edge/spool/freeSpace.ts';
import type { FirstAnswer, Seen } from '../edge/spool/seen.ts';
import type { Spool } from '../edge/spool/spool.ts';
import { errorText, type Log } from '../log/log.ts';
import type { MicrosecondClock } from './clock.ts';
import type { ApiMetrics } from './metrics.ts';
import type { StorageTrouble } from './storageTrouble.ts';

export interface AcceptedSubmission {
  /** Names this submission among all: the same again is a repetition. 64 hex digits. */
  readonly key: string;
  readonly probeCc: string;
  readonly testName: string;
  /** Makes what is stored. Called only for a submission that is new. */
  readonly make: () => { readonly reportId: string; readonly envelope: Uint8Array };
}

export type Stored =
  | { readonly kind: 'stored' | 'repeated'; readonly answer: FirstAnswer }
  /** It could not be made durable; nothing of it is left. */
  | { readonly kind: 'failed' };

export interface Receiver {
  /** New measurements stored since the start. */
  readonly stored: number;
  store(submission: AcceptedSubmission): Promise<Stored>;
}

export interface ReceiverParts {
  readonly spool: Spool;
  readonly seen: Seen;
  readonly hints: HintClient;
  readonly clock: MicrosecondClock;
  readonly log: Log;
  readonly metrics: ApiMetrics;
  readonly trouble: StorageTrouble;
  readonly freeSpace: FreeSpace;
}

export function makeReceiver(parts: ReceiverParts): Receiver {
  const { spool, seen, log, metrics } = parts;
  /** Being stored now: a probe that was impatient gets the answer of its first try. */
  const inProgress = new Map<string, Promise<Stored>>();

  let stored = 0;

  const firstAnswer = async (key: string): Promise<FirstAnswer | undefined> => {
    try {
      return await seen.find(key, Date.now());
    } catch (error) {
      // Costs a duplicate at worst; refusing would cost the measurement.
      parts.trouble.report('cannot look up repeated submissions', spool.dir, error);
      return undefined;
    }
  };

  const remember = async (key: string, answer: FirstAnswer) => {
    try {
      await seen.remember(key, answer, Date.now());
    } catch (error) {
      parts.trouble.report('cannot remember submissions', spool.dir, error);
    }
  };

  const storeNew = async (submission: AcceptedSubmission): Promise<Stored> => {
    const first = await firstAnswer(submission.key);
    if (first !== undefined) {
      log.debug('repeated submission', {
        measurement_uid: first.measurementUid,
        report_id: first.reportId,
      });
      return { kind: 'repeated', answer: first };
    }
    const { reportId, envelope } = submission.make();
    const { probeCc, testName } = submission;
    const text = makeMeasurementUid(parts.clock.nowUs(), probeCc, testName, envelope);
    const uid = parseMeasurementUid(text);
    if (uid === undefined) throw new Error(`made a measurement_uid that is not one: ${text}`);
    const endTimer = metrics.storeSeconds.startTimer();
    try {
      await parts.freeSpace.require();
      await spool.accept(uid, envelope);
    } catch (error) {
      parts.trouble.report('cannot store measurements, probes get 503', spool.dir, error);
      log.debug('measurement not stored', {
        measurement_uid: text,
        report_id: reportId,
        error: errorText(error),
      });
      return { kind: 'failed' };
    }
    endTimer();
    stored++;
    parts.hints.send(text);
    const answer = { measurementUid: text, reportId };
    await remember(submission.key, answer);
    log.debug('measurement stored', { measurement_uid: text, report_id: reportId });
    return { kind: 'stored', answer };
  };

  return {
    get stored() {
      return stored;
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
