/**
 * How many values a JSON text is made of, counted without making them: parsed, a list of a million
 * empty objects takes fifty times the memory of its text, and compressed it is a few hundred bytes.
 */

/**
 * Values of one measurement. Parsing this many takes some seconds and a gigabyte at the worst; the
 * largest measurements of probes have some hundred thousand.
 */
export const MAX_VALUES = 2_000_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Has the text more than `max` values? Counts braces, brackets and commas outside of strings, each of
 * which begins one; any bytes may be given, JSON or not.
 */
export function hasMoreValuesThan(json: Uint8Array, max: number): boolean {
  // Each takes a byte: nearly all texts are told from their length.
  if (json.length <= max) return false;
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = endOfString(bytes, at + 1);
    else if (byte === COMMA || byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++count > max) return true;
    }
  }
  return false;
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
