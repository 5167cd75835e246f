/**
 * One measurement as spool or archive hold it, and what is inserted for it. The daemon, `score`, `replay`
 * and `verify` all ask here, so a row can be made again from what was published, to the letter.
 */
import type { FingerprintSet } from '../fingerprints/match.ts';
import { parseBoundedJson } from '../json/parseJson.ts';
import type { Verified } from '../measurement/unwrap.ts';
import { type InsertTexts, insertTexts } from './insertTexts.ts';
import type { Source } from './literals.ts';
import type { Outcome } from './outcome.ts';
import { scoreMeasurement, scorePost, scoreValue } from './scorePost.ts';
import { describe, isObject } from './values.ts';

export type Scored =
  | (Extract<Outcome, { kind: 'row' }> & { readonly texts: InsertTexts })
  | Exclude<Outcome, { kind: 'row' }>;

/** A measurement without envelope, already parsed. */
export interface BareMeasurement {
  readonly value: unknown;
  /** An envelope says it; what is published does not. */
  readonly isVerified: Verified;
  /** The text that it was parsed from; numbers in columns of text are as written there. */
  readonly source?: Source | undefined;
}

/** A stored `.post`. Never throws for bad input. */
export function scoreStored(post: Uint8Array, uid: string, known: FingerprintSet): Scored {
  return withTexts(scorePost(post, uid, known), known);
}

/** The same, parsed already from where `source` says. */
export function scoreParsedPost(
  post: unknown,
  uid: string,
  known: FingerprintSet,
  source: Source,
): Scored {
  return withTexts(scoreValue(post, uid, known, source), known);
}

/** A published line, which is the measurement alone; `{}` stands for one that could not be parsed. */
export function scoreLine(
  line: Uint8Array,
  uid: string,
  known: FingerprintSet,
  isVerified: Verified = 'u',
): Scored | { readonly kind: 'empty' } {
  const parsed = parseBoundedJson(line);
  if (parsed.kind === 'invalid') return { kind: 'quarantine', reason: parsed.reason };
  const { value } = parsed;
  if (isObject(value) && Object.keys(value).length === 0) return { kind: 'empty' };
  return scoreBare({ value, isVerified, source: { json: line, at: () => 0 } }, uid, known);
}

/** Its own members `format`, `content` and `is_verified` are the probe's, and say nothing to us. */
export function scoreBare(
  { value, isVerified, source }: BareMeasurement,
  uid: string,
  known: FingerprintSet,
): Scored {
  if (!isObject(value))
    return { kind: 'quarantine', reason: `expected a JSON object, found ${describe(value)}` };
  return withTexts(scoreMeasurement(value, isVerified, uid, known, source), known);
}

function withTexts(outcome: Outcome, { sha256 }: FingerprintSet): Scored {
  if (outcome.kind !== 'row') return outcome;
  const texts = insertTexts(outcome, sha256);
  return texts.kind === 'row' ? { ...outcome, texts } : texts;
}
