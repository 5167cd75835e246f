/**
 * Positions inside a JSON text, so that it can be edited without being re-serialised.
 *
 * All functions take bytes that are already known to be valid JSON (JSON.parse accepted them) and
 * valid UTF-8; on anything else their result has no meaning. Nesting is counted, not recursed into,
 * so depth costs no stack.
 */
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  isSpace,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './tokens.ts';

/** A half-open range of bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Member {
  /** The member's name, escapes decoded. */
  readonly name: string;
  /** Position of the quote that begins the name. */
  readonly start: number;
  readonly value: Span;
}

/** The text without the whitespace around it. */
export function trimSpace(json: Uint8Array): Uint8Array {
  let end = json.length;
  while (end > 0 && isSpace(json[end - 1]!)) end--;
  return json.subarray(Math.min(skipSpace(json, 0), end), end);
}

/** First position at or after `at` that is not insignificant whitespace. */
export function skipSpace(json: Uint8Array, at: number): number {
  while (at < json.length && isSpace(json[at]!)) at++;
  return at;
}

/** Position after the string that begins with the quote at `at`. */
function skipString(json: Uint8Array, at: number): number {
  for (at++; at < json.length; at++) {
    const byte = json[at]!;
    if (byte === BACKSLASH) at++;
    else if (byte === QUOTE) return at + 1;
  }
  return at;
}

/** Position after the value that begins at `at` (which is not whitespace). */
export function skipValue(json: Uint8Array, at: number): number {
  let depth = 0;
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      at = skipString(json, at);
      if (depth === 0) return at;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth++;
      at++;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (depth === 0) return at;
      at++;
      if (--depth === 0) return at;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at;
    } else {
      at++;
    }
  }
  return at;
}

/** The members of the object whose brace is the first significant byte at or after `at`, in order. */
export function objectMembers(json: Uint8Array, at: number): { members: Member[]; end: number } {
  const members: Member[] = [];
  at = skipSpace(json, skipSpace(json, at) + 1);
  while (json[at] === QUOTE) {
    const start = at;
    const nameEnd = skipString(json, start);
    const name = decodeName(json, start, nameEnd);
    at = skipSpace(json, nameEnd);
    if (json[at] === COLON) at = skipSpace(json, at + 1);
    const end = skipValue(json, at);
    members.push({ name, start, value: { start: at, end } });
    at = skipSpace(json, end);
    if (json[at] === COMMA) at = skipSpace(json, at + 1);
  }
  return { members, end: at + 1 };
}

function decodeName(json: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(json.buffer, json.byteOffset + start, end - start).toString('utf8');
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1);
}

/** The value of the object's member `name`; the last one where a name is repeated, as JSON.parse has it. */
export function memberValue(json: Uint8Array, at: number, name: string): Span | undefined {
  return objectMembers(json, at).members.findLast((member) => member.name === name)?.value;
}

/**
 * The same text with insignificant whitespace removed; number literals, escapes, member order and
 * repeated names untouched. The result holds no line break (JSON allows none inside strings).
 */
export function withoutWhitespace(json: Uint8Array): Uint8Array {
  // Most texts have no such whitespace: nothing is copied then.
  let out: Buffer | undefined;
  let length = 0;
  let at = 0;
  let runStart = 0;
  const flush = (end: number) => {
    out ??= Buffer.allocUnsafe(json.length);
    out.set(json.subarray(runStart, end), length);
    length += end - runStart;
  };
  while (at < json.length) {
    const byte = json[at]!;
    if (byte === QUOTE) {
      at = skipString(json, at);
    } else if (isSpace(byte)) {
      flush(at);
      at = skipSpace(json, at);
      runStart = at;
    } else {
      at++;
    }
  }
  if (out === undefined) return json;
  flush(at);
  return out.subarray(0, length);
}
