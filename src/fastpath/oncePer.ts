/** Keeps a fault that comes back with every sweep from flooding the journal. */
export function oncePer(intervalMs: number): (say: (unsaid: number) => void) => void {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (say) => {
    const nowMs = performance.now();
    if (nowMs - saidAtMs < intervalMs) {
      unsaid++;
      return;
    }
    say(unsaid);
    saidAtMs = nowMs;
    unsaid = 0;
  };
}
