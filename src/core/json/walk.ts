/**
 * One pass over the bytes of a JSON text that tells whether it is one, and where its outer members lie:
 * for those who need a few members of a large text, and not the values of all the others.
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

/** The first two levels of the text: members of its object, and members of those. */
export type Level = 1 | 2;

/**
 * A member of one of the outer objects; members of its value, if it is an object of level 1, were told
 * before. The name is as it is written, without quotes, escapes not decoded.
 */
export type OnMember = (
  level: Level,
  nameStart: number,
  nameEnd: number,
  valueStart: number,
  valueEnd: number,
  /** Blanks stand between tokens of the value. */
  valueHasBlanks: boolean,
) => void;

const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const ZERO = 0x30;

/** What may stand next, besides blanks. */
const VALUE = 0;
/** … or the end of an empty list. */
const FIRST_VALUE = 1;
const NAME = 2;
/** … or the end of an empty object. */
const FIRST_NAME = 3;
const COMMA_OR_END = 4;

/**
 * Is this a JSON text (RFC 8259) within both bounds, counted as `boundFault` does? Bytes in strings are
 * not looked at: whether they are UTF-8 is another question. The members that were told mean nothing
 * when it is none.
 */
export function walkJson(
  json: Uint8Array,
  maxValues: number,
  maxDepth: number,
  onMember: OnMember,
): boolean {
  const isObject = new Uint8Array(maxDepth + 1);
  const none = { nameStart: 0, nameEnd: 0, valueStart: 0, blanksBefore: 0 };
  const member = { 1: { ...none }, 2: { ...none } };
  let depth = 0;
  let values = 0;
  let blanks = 0;
  let next = VALUE;
  let at = 0;
  while (at < json.length) {
    const byte = json[at]!;
    if (isSpace(byte)) {
      blanks++;
      at++;
      continue;
    }
    if (next === COMMA_OR_END) {
      if (depth === 0) return false;
      if (byte === COMMA) {
        if (++values > maxValues) return false;
        next = isObject[depth] === 1 ? NAME : VALUE;
        at++;
        continue;
      }
      if (byte !== (isObject[depth] === 1 ? CLOSE_BRACE : CLOSE_BRACKET)) return false;
      depth--;
      at++;
    } else if (
      (next === FIRST_NAME && byte === CLOSE_BRACE) ||
      (next === FIRST_VALUE && byte === CLOSE_BRACKET)
    ) {
      depth--;
      at++;
    } else if (next >= NAME) {
      if (byte !== QUOTE) return false;
      const nameStart = at + 1;
      at = stringEnd(json, at);
      if (at < 0) return false;
      const nameEnd = at - 1;
      for (; isSpace(json[at]!); at++) blanks++;
      if (json[at] !== COLON) return false;
      for (at++; isSpace(json[at]!); at++) blanks++;
      if (depth <= 2) {
        const begun = member[depth as Level];
        begun.nameStart = nameStart;
        begun.nameEnd = nameEnd;
        begun.valueStart = at;
        begun.blanksBefore = blanks;
      }
      next = VALUE;
      continue;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > maxDepth || ++values > maxValues) return false;
      isObject[depth] = byte === OPEN_BRACE ? 1 : 0;
      next = byte === OPEN_BRACE ? FIRST_NAME : FIRST_VALUE;
      at++;
      continue;
    } else {
      at = byte === QUOTE ? stringEnd(json, at) : scalarEnd(json, at);
      if (at < 0) return false;
    }
    // Here a value has ended, of whatever kind.
    next = COMMA_OR_END;
    if (depth >= 1 && depth <= 2 && isObject[depth] === 1) {
      const { nameStart, nameEnd, valueStart, blanksBefore } = member[depth as Level];
      onMember(depth as Level, nameStart, nameEnd, valueStart, at, blanks > blanksBefore);
    }
  }
  return depth === 0 && next === COMMA_OR_END;
}

/** Position after the string that begins with the quote at `at`; -1 where it is none. */
function stringEnd(json: Uint8Array, at: number): number {
  const end = json.length;
  for (at++; at < end; at++) {
    const byte = json[at]!;
    if (byte > BACKSLASH) continue;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    const escaped = json[++at]!;
    if (escaped === 0x75) {
      for (let digits = 0; digits < 4; digits++) if (!isHexDigit(json[++at]!)) return -1;
    } else if (!isEscape(escaped)) {
      return -1;
    }
  }
  return -1;
}

/** One of `"\/bfnrt`. */
function isEscape(byte: number): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

function isHexDigit(byte: number): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Position after the number or literal that begins at `at`; -1 where there is none. */
function scalarEnd(json: Uint8Array, at: number): number {
  switch (json[at]) {
    case 0x74:
      return wordEnd(json, at, TRUE);
    case 0x66:
      return wordEnd(json, at, FALSE);
    case 0x6e:
      return wordEnd(json, at, NULL);
    default:
      return numberEnd(json, at);
  }
}

function wordEnd(json: Uint8Array, at: number, word: Uint8Array): number {
  for (let letter = 0; letter < word.length; letter++)
    if (json[at + letter] !== word[letter]) return -1;
  return at + word.length;
}

function numberEnd(json: Uint8Array, at: number): number {
  if (json[at] === MINUS) at++;
  at = json[at] === ZERO ? at + 1 : digitsEnd(json, at);
  if (at >= 0 && json[at] === POINT) at = digitsEnd(json, at + 1);
  if (at >= 0 && (json[at] === 0x65 || json[at] === 0x45)) {
    const sign = json[at + 1];
    at = digitsEnd(json, sign === PLUS || sign === MINUS ? at + 2 : at + 1);
  }
  return at;
}

/** Position after the digits at `at`; -1 where there is not one. */
function digitsEnd(json: Uint8Array, at: number): number {
  const start = at;
  while (isDigit(json[at]!)) at++;
  return at === start ? -1 : at;
}
