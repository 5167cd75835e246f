import type { Scores } from '../scores.ts';

/** A test of speed, which says nothing about blocking (contract/fastpath.md section 3). */
export function scoreNdt(): Scores {
  return {};
}
