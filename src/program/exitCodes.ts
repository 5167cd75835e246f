/** Exit codes, after sysexits.h. */
export const EXIT = {
  ok: 0,
  usage: 64,
  data: 65,
  unavailable: 69,
  bug: 70,
  io: 74,
  /** Nothing was begun, for what is needed is not there yet. */
  tryAgain: 75,
  config: 78,
} as const;
