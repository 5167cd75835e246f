/** Told that the native module cannot be used: a test that ran on without it would say nothing. */
export function noFallback(reason: string): never {
  throw new Error(`${reason} (make build)`);
}
