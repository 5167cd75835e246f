/**
 * A followed value: the last good content of something that changes outside of this process (a table,
 * a file), read again and again in the background. Whoever uses it reads memory and never waits; a
 * source that is away, or that has lost what it held, costs freshness and nothing else. Where that must
 * hold over a restart too, the value is kept on disk (keptValue.ts).
 */
import { isDeepStrictEqual } from 'node:util';
import { errorText, type Fields, type Log } from '../log/log.ts';
import type { Current, KeptValue } from './keptValue.ts';

export interface Followed<Value> {
  /** Resolves when there is a value for the first time; never when it was closed before. */
  readonly loaded: Promise<void>;
  readonly current: Current<Value> | undefined;
  /** Nothing is taken or asked for any more; what is in use stays. */
  close(): void;
}

export interface FollowOptions<Value> {
  /** In the plural, for the log: `fingerprints`. */
  readonly name: string;
  /** Rejects when the source does not answer. It must end by itself: nothing is asked meanwhile. */
  load(): Promise<Value>;
  /** Why a value must not take the place of the one in use; undefined when it may. */
  refuse?(next: Value, inUse: Value | undefined): string | undefined;
  /** Is there all that there should be? Otherwise it is asked for again soon. */
  isWhole?(value: Value): boolean;
  /** What the log says of a value. A line is written when this differs from what was in use. */
  describe(value: Value): Fields;
  /** Keeps it over a restart; what it has is in use at once, until the source answers. */
  readonly kept?: KeptValue<Value>;
  /** Called with each value, before it is `current`. When it throws, the value is not taken. */
  onValue?(value: Value, inUse: Value | undefined): void;
  readonly refreshMs: number;
  /** Pause between tries while there is no value at all; it grows when there is one. */
  readonly firstRetryMs: number;
  /** What waits while there is no value, and what to do about it. */
  readonly advice: string;
  readonly log: Log;
}

/** Reads at once, and again until it is closed. */
export function follow<Value>(options: FollowOptions<Value>): Followed<Value> {
  const { name, log, refreshMs, firstRetryMs } = options;
  let current: Current<Value> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failedBefore = false;
  let retryMs = firstRetryMs;
  let resolveLoaded!: () => void;
  const loaded = new Promise<void>((resolve) => {
    resolveLoaded = resolve;
  });

  const take = (value: Value) => {
    const inUse = current?.value;
    const refusal = options.refuse?.(value, inUse);
    if (refusal !== undefined) throw new Error(refusal);
    options.onValue?.(value, inUse);
    const fields = options.describe(value);
    // After a failure also when it is as before: the line ends the outage.
    if (failedBefore || inUse === undefined || !isDeepStrictEqual(fields, options.describe(inUse)))
      log.info(`${name} loaded`, fields);
    current = { value, loadedAtMs: Date.now() };
    options.kept?.write(current);
    resolveLoaded();
  };

  const takeKept = () => {
    const kept = options.kept?.read();
    if (kept === undefined) return;
    try {
      options.onValue?.(kept.value, undefined);
    } catch (error) {
      log.warning(`the copy of ${name} on disk cannot be used`, { error: errorText(error) });
      return;
    }
    current = kept;
    resolveLoaded();
    log.info(`${name} read from disk, until there is a newer one`, {
      ...options.describe(kept.value),
      read_at: new Date(kept.loadedAtMs).toISOString(),
    });
  };

  const sayFailed = (error: unknown) => {
    // Once, until it works again.
    if (failedBefore) return;
    const fields = { error: errorText(error) };
    if (current === undefined) log.err(`cannot read ${name}: ${options.advice}`, fields);
    else log.warning(`cannot refresh ${name}: those in use are kept, trying again`, fields);
  };

  const pauseMs = (failed: boolean): number => {
    if (current === undefined) return firstRetryMs;
    if (!failed && (options.isWhole?.(current.value) ?? true)) {
      retryMs = firstRetryMs;
      return refreshMs;
    }
    // Soon while something is amiss, and less often the longer it is.
    retryMs = Math.min(refreshMs, retryMs * 2);
    return retryMs;
  };

  const refresh = async () => {
    let failed = false;
    try {
      const value = await options.load();
      if (closed) return;
      take(value);
    } catch (error) {
      if (closed) return;
      failed = true;
      sayFailed(error);
    }
    failedBefore = failed;
    if (!closed) timer = setTimeout(() => void refresh(), pauseMs(failed));
  };
  takeKept();
  void refresh();

  return {
    loaded,
    get current() {
      return current;
    },
    close() {
      if (!closed && current !== undefined) options.kept?.write(current, true);
      closed = true;
      clearTimeout(timer);
    },
  };
}
