import type { MatchedFingerprint } from '../fingerprints/match.ts';
import type { JsonObject } from './values.ts';

/** The scores object of protocol, scoring 3: what the `scores` column holds as JSON. */
export interface Scores {
  blocking_general?: number;
  blocking_global?: number;
  blocking_country?: number;
  blocking_isp?: number;
  blocking_local?: number;
  /** Below 0.5 the measurement counts as failed; missing counts as 1. */
  accuracy?: number;
  confirmed?: boolean;
  fingerprints?: readonly MatchedFingerprint[];
  analysis?: JsonObject;
  extra?: JsonObject;
  msg?: string;
  /** Members of a single nettest, such as the facebook_ keys. */
  [name: string]: unknown;
}

export interface BaseScores extends Scores {
  blocking_general: number;
  blocking_global: number;
  blocking_country: number;
  blocking_isp: number;
  blocking_local: number;
}

/** "The base" of section 3: nothing is blocked anywhere. */
export function baseScores(): BaseScores {
  return {
    blocking_general: 0,
    blocking_global: 0,
    blocking_country: 0,
    blocking_isp: 0,
    blocking_local: 0,
  };
}

/** The base of a measurement that says nothing. */
export function failedScores(): BaseScores {
  return { ...baseScores(), accuracy: 0 };
}
