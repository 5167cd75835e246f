/**
 * Asking ClickHouse until it works, for as long as it takes: what is asked is in `pending/`, and there
 * is nobody else to give it to. Says once what is wrong, now and then that it still is, and when it is
 * over.
 */
import { errorText, type Log } from '../log/log.ts';
import { doubledMs, pause as pauseFor } from '../program/tryAgain.ts';

export type Persisted<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  /** The process ends before it worked. */
  | { readonly kind: 'abandoned' }
  /** More tries would not help: what a row says, or how many there are. */
  | { readonly kind: 'refused' | 'too heavy'; readonly error: unknown };

export interface Persistence {
  /**
   * Tries until it works. `again`: the errors after which that makes sense. After `failuresUntilHeavy`
   * failures of a server that answers other questions, it is the work that it cannot bear.
   */
  persist<Result>(
    work: (signal: AbortSignal) => Promise<Result>,
    again: 'any error' | 'not what a row says',
    failuresUntilHeavy?: number,
  ): Promise<Persisted<Result>>;
  /** Waits after the failure number `attempt`, from 0; at once when abandoned. */
  pause(error: unknown, attempt: number): Promise<void>;
  /** The server takes rows. */
  recovered(): void;
  readonly inTrouble: boolean;
  /** Ends whatever runs or waits, now. */
  abandon(): void;
  readonly isAbandoned: boolean;
}

export interface PersistenceOptions {
  readonly answers: (signal: AbortSignal) => Promise<boolean>;
  readonly isRowError: (error: unknown) => boolean;
  readonly log: Log;
  readonly onFailure: () => void;
  /** What it means to an operator that ClickHouse takes no rows. */
  readonly troubleText: string;
  /** First and longest pause between tries. */
  readonly pauseMs: { readonly first: number; readonly most: number };
}

/** The server refuses rows one after the other, and takes none. */
export class AllRefused extends Error {
  constructor(cause: unknown) {
    super('all rows were refused', { cause });
  }
}

/** At the longest pause, said again so often. */
const SAY_EVERY_ATTEMPTS = 6;

export function makePersistence(options: PersistenceOptions): Persistence {
  const { log, pauseMs } = options;
  const abandoned = new AbortController();
  const { signal } = abandoned;
  let troubleSinceMs: number | undefined;

  const say = (error: unknown) => {
    if (error instanceof AllRefused)
      log.err(
        `ClickHouse refuses every row: ${options.troubleText}; the tables do not fit this version, run \`ooni-api migrate\`, and look at their constraints`,
        { error: errorText(error.cause) },
      );
    else
      log.err(
        `cannot write to ClickHouse: ${options.troubleText}; check that the server runs, has disk space and that url, user and password in the config are right`,
        { error: errorText(error) },
      );
  };

  const pause: Persistence['pause'] = async (error, attempt) => {
    if (signal.aborted) return;
    options.onFailure();
    const ms = doubledMs(attempt + 1, pauseMs.first, pauseMs.most);
    const isDue = ms === pauseMs.most && attempt % SAY_EVERY_ATTEMPTS === 0;
    if (troubleSinceMs === undefined || isDue) say(error);
    troubleSinceMs ??= Date.now();
    await pauseFor(ms, signal);
  };

  return {
    async persist(work, again, failuresUntilHeavy = Number.POSITIVE_INFINITY) {
      for (let attempt = 0; !signal.aborted; attempt++) {
        try {
          return { kind: 'done', result: await work(signal) };
        } catch (error) {
          if (signal.aborted) break;
          if (again !== 'any error' && options.isRowError(error)) return { kind: 'refused', error };
          if (attempt + 1 >= failuresUntilHeavy && (await options.answers(signal)))
            return { kind: 'too heavy', error };
          await pause(error, attempt);
        }
      }
      return { kind: 'abandoned' };
    },
    pause,
    recovered() {
      if (troubleSinceMs === undefined) return;
      const seconds = Math.round((Date.now() - troubleSinceMs) / 1000);
      log.info('ClickHouse takes rows again', { down_s: seconds });
      troubleSinceMs = undefined;
    },
    get inTrouble() {
      return troubleSinceMs !== undefined;
    },
    abandon: () => abandoned.abort(),
    get isAbandoned() {
      return signal.aborted;
    },
  };
}
