import type { Scores } from '../scores.ts';

/** A test of speed, which says nothing about blocking (protocol, scoring 3). */
export function scoreNdt(): Scores {
  return {};
}
