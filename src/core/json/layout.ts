/**
 * Where the outer members of a submitted body lie, and the measurement in it, when somebody has told that before
 * anything of it was parsed (edge/layout): a value of each of its parts is what costs most of a large one.
 */
import type { JsonObject } from './jsonValue.ts';
import type { Member } from './scan.ts';
import { OPEN_BRACE } from './tokens.ts';

/** A JSON text without blanks around it, and the members of its object. */
export interface LaidOut {
  readonly text: Uint8Array;
  readonly members: readonly Member[];
}

/**
 * A body that is one object, within the bounds of bounds.ts, in UTF-8; no name of those members has an escape in it, and
 * one of them is called `content`.
 */
export interface BodyLayout {
  readonly body: LaidOut;
  /**
   * The object that `content` is; or, where that is a string, the one that is its text, which has one level less.
   * Positions are those of its text: the body itself, or what the string stands for.
   */
  readonly content: LaidOut;
}

/** Members as they were found: five numbers each, level (1 or 2), start and end of the name, of the value. */
export interface FoundMembers {
  readonly outer: Int32Array;
  /** Of the text that `content` stands for. */
  readonly inner: Int32Array;
  /** `content` as a string: what it stands for. undefined: it is none. */
  readonly text: Uint8Array | undefined;
}

const NUMBERS = 5;
const CONTENT = 'content';

/** undefined for what is no layout after all: then it must be parsed to say what it is. */
export function bodyLayout(body: Uint8Array, found: FoundMembers): BodyLayout | undefined {
  const outer = membersOf(body, found.outer, 1);
  const content = outer?.filter(({ name }) => name === CONTENT);
  if (outer === undefined || content?.length !== 1) return undefined;
  const { text = body } = found;
  const { start, end } = content[0]!.value;
  const inner =
    found.text === undefined
      ? membersOf(body, found.outer, 2, start, end)
      : membersOf(text, found.inner, 1);
  if (inner === undefined) return undefined;
  if (found.text === undefined && body[start] !== OPEN_BRACE) return undefined;
  return { body: { text: body, members: outer }, content: { text, members: inner } };
}

/** Those of a level that lie in a range; undefined when a name has an escape. */
function membersOf(
  json: Uint8Array,
  found: Int32Array,
  level: 1 | 2,
  from = 0,
  to = json.length,
): Member[] | undefined {
  const bytes = Buffer.from(json.buffer, json.byteOffset, json.length);
  const members: Member[] = [];
  for (let at = 0; at < found.length; at += NUMBERS) {
    const nameStart = found[at + 1]!;
    const end = found[at + 4]!;
    if (found[at] !== level || nameStart < from || end > to) continue;
    const name = bytes.toString('utf8', nameStart, found[at + 2]);
    if (name.includes('\\')) return undefined;
    members.push({ name, start: nameStart - 1, value: { start: found[at + 3]!, end } });
  }
  return members;
}

/** Longer values are not those that are looked at: they are for a parser. */
const MAX_VALUE_BYTES = 131_072;

/**
 * An object of the members with these names alone, each the last of its name, as JSON.parse has it; undefined
 * when one of them is long.
 */
export function pickedMembers(
  { text, members }: LaidOut,
  names: readonly string[],
): JsonObject | undefined {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.length);
  const picked: Record<string, unknown> = {};
  for (const name of names) {
    const last = members.findLast((one) => one.name === name);
    if (last === undefined) continue;
    const { start, end } = last.value;
    if (end - start > MAX_VALUE_BYTES) return undefined;
    picked[name] = JSON.parse(bytes.toString('utf8', start, end));
  }
  return picked;
}
