/** Random choices that are the same in every run, so that a failure can be looked at again. */
import { seededRandom } from '../../src/core/prioritisation/random.ts';

export interface Random {
  /** An integer of 0 or more and below the bound. */
  below(bound: number): number;
  pick<T>(values: readonly T[]): T;
}

export function randomChoices(seed: number): Random {
  const next = seededRandom(seed);
  const below = (bound: number): number => Math.floor(next() * bound);
  return { below, pick: (values) => values[below(values.length)]! };
}
