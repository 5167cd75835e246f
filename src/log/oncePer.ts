/** Keeps a fault that comes back all the time from flooding the journal. */
export type OncePer = (say: (unsaid: number) => void) => void;

/** Calls `say` at most once in the interval, with how often it was not called since. */
export function oncePer(
  intervalMs: number,
  nowMs: () => number = () => performance.now(),
): OncePer {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (say) => {
    const atMs = nowMs();
    if (atMs - saidAtMs < intervalMs) {
      unsaid++;
      return;
    }
    say(unsaid);
    saidAtMs = atMs;
    unsaid = 0;
  };
}
