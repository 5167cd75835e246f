/** One at a time, in the order in which they asked. */
export interface Turns {
  /** Resolves when it is this caller's turn, with what ends it; ending it again does nothing. */
  take(): Promise<() => void>;
}

export function makeTurns(): Turns {
  let last: Promise<void> = Promise.resolve();
  return {
    take() {
      const { promise, resolve } = openPromise();
      const before = last;
      last = promise;
      return before.then(() => resolve);
    },
  };
}

function openPromise() {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
