/** Exit codes, after sysexits.h. */
export const EXIT = {
  ok: 0,
  usage: 64,
  data: 65,
  unavailable: 69,
  bug: 70,
  io: 74,
  config: 78,
} as const;
