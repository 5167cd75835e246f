/** What a replay is about to do: reads on, ends with what it has begun, or ends at once. */

export type ReplayState =
  /** Objects are begun, one after the other. */
  | { readonly kind: 'reading' }
  /** No further object is begun; what was begun is read, scored and written. */
  | { readonly kind: 'stopping' }
  /** There is no further object; what was begun is read, scored and written. */
  | { readonly kind: 'all begun' }
  /** Nothing is read or waited for any more. */
  | { readonly kind: 'failed'; readonly error: unknown };

export interface ReplayStates {
  readonly now: ReplayState;
  stop(): void;
  allBegun(): void;
  /** The first failure counts; others are its consequences. */
  fail(error: unknown): void;
  /** Resolves when it has failed. */
  readonly failed: Promise<void>;
}

export function makeReplayStates(): ReplayStates {
  let now: ReplayState = { kind: 'reading' };
  let end!: () => void;
  const failed = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    get now() {
      return now;
    },
    stop() {
      if (now.kind === 'reading') now = { kind: 'stopping' };
    },
    allBegun() {
      if (now.kind !== 'failed') now = { kind: 'all begun' };
    },
    fail(error) {
      if (now.kind !== 'failed') now = { kind: 'failed', error };
      end();
    },
    failed,
  };
}
