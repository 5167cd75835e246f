/**
 * Standard output and error of a process. A reader that leaves early, such as `head`, is no fault: the
 * command goes on with its work, which may be more than what it prints, and ends with its own code.
 */

export interface Output {
  /** Why what was printed could not be written (a full disk, say); undefined when it could. */
  failure(): Promise<Error | undefined>;
}

/** To be called once, before anything is written. */
export function watchOutput(): Output {
  let failure: Error | undefined;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') failure ??= error;
  });
  // There is no other place to tell that log lines are lost, and no reason to stop for it.
  process.stderr.on('error', () => {});
  return {
    async failure() {
      // An error is told after the write that met it.
      await new Promise((resolve) => setImmediate(resolve));
      return failure;
    },
  };
}
