/**
 * What a JSON text costs whoever parses it, told from its bytes before it is parsed: how many values it
 * is made of (parsed, a list of a million empty objects takes fifty times the memory of its text, and
 * compressed it is a few hundred bytes), and how deep they are nested.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './tokens.ts';

/**
 * Values of one measurement. Parsing this many takes some seconds and a gigabyte at the worst; the
 * largest measurements of probes have some hundred thousand.
 */
export const MAX_VALUES = 2_000_000;

/**
 * Levels of a stored envelope, so one less in the measurement inside. What is published must be read by
 * everybody: of a file with one deeper line jq 1.6 (256 lists or 128 objects) and Python (about 990)
 * read nothing behind it, PHP takes 512, serde 127. Measurements of probes have about ten.
 */
export const MAX_DEPTH = 128;

export type BoundFault = 'too_many_values' | 'too_deep';

/**
 * Is the text above a bound, and which is met first? Counts braces, brackets and commas outside of
 * strings, each of which begins a value; any bytes may be given, JSON or not.
 */
export function boundFault(
  json: Uint8Array,
  maxValues = MAX_VALUES,
  maxDepth = MAX_DEPTH,
): BoundFault | undefined {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  if (bytes.length <= SHORT_BYTES && bytes.length <= maxValues && opensAtMost(bytes, maxDepth))
    return undefined;
  let values = 0;
  let strings = 0;
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at + 1);
        // A value and its name: what has more is no JSON, and each costs a search for its end.
        if (++strings > 2 * maxValues + 2) return 'too_many_values';
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (++depth > maxDepth) return 'too_deep';
        if (++values > maxValues) return 'too_many_values';
        break;
      case COMMA:
        if (++values > maxValues) return 'too_many_values';
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth--;
    }
  }
  return undefined;
}

/** A longer text has a page in it, and that has many braces. */
const SHORT_BYTES = 65_536;

/** Are there so few braces and brackets that no level can be above it, even if none is in a string and none is closed? */
function opensAtMost(bytes: Buffer, most: number): boolean {
  let left = most;
  for (const open of [OPEN_BRACE, OPEN_BRACKET]) {
    for (let at = bytes.indexOf(open); at >= 0; at = bytes.indexOf(open, at + 1))
      if (--left < 0) return false;
  }
  return true;
}

/** The fault in words. */
export function boundFaultText(fault: BoundFault, maxDepth = MAX_DEPTH): string {
  switch (fault) {
    case 'too_many_values':
      return `more than ${MAX_VALUES} values`;
    case 'too_deep':
      return `nested deeper than ${maxDepth} levels`;
  }
}

/** Position of the quote that ends the string whose inside begins at `start`. */
function endOfString(bytes: Buffer, start: number): number {
  for (let at = start; ; ) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0) return bytes.length;
    let backslashes = 0;
    while (quote - 1 - backslashes >= start && bytes[quote - 1 - backslashes] === BACKSLASH)
      backslashes++;
    if (backslashes % 2 === 0) return quote;
    at = quote + 1;
  }
}
