/** Parsing of JSON from outside: a value or a reason, never an exception. */
import { decodeUtf8 } from '../text/utf8.ts';
import { boundFault, boundFaultText, MAX_DEPTH } from './bounds.ts';
import { isObject } from './jsonValue.ts';

export type ParseResult =
  | { readonly kind: 'ok'; readonly value: unknown }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Parses UTF-8 bytes. A byte order mark, invalid UTF-8, NaN and Infinity are refused. */
export function parseJsonBytes(bytes: Uint8Array): ParseResult {
  const text = decodeUtf8(bytes);
  return text === undefined ? { kind: 'invalid', reason: 'not valid UTF-8' } : parseJsonText(text);
}

/** The same within the bounds on values and depth: nothing can stop JSON.parse once it has begun. */
export function parseBoundedJson(bytes: Uint8Array, maxDepth = MAX_DEPTH): ParseResult {
  const fault = boundFault(bytes, undefined, maxDepth);
  return fault === undefined
    ? parseJsonBytes(bytes)
    : { kind: 'invalid', reason: boundFaultText(fault, maxDepth) };
}

export function parseJsonText(text: string): ParseResult {
  try {
    return { kind: 'ok', value: JSON.parse(text) };
  } catch (error) {
    // V8 quotes the text around the fault, which may be long and private: keep the fault alone.
    const reason = (error as Error).message.replace(/,? ("|\.\.\.).*$/s, '');
    return { kind: 'invalid', reason: `not JSON: ${reason}` };
  }
}

/**
 * Is each text in it, and each name, Unicode? An escape may stand for half of a surrogate pair (`\ud800`), which
 * JSON allows, UTF-8 cannot say, and databases and other people's parsers refuse (RFC 7493, 2.1).
 */
export function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return value.every(isWellFormed);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([name, of]) => name.isWellFormed() && isWellFormed(of));
}
