/** Edits of a JSON text that leave every other byte as it was (design: archive keeps the probe's bytes). */
import { type Member, objectMembers } from './scan.ts';

export interface MemberEdits {
  /**
   * JSON texts by the name of the member that gets them. It keeps its place; where the name is repeated,
   * each one gets the value, so that readers that take the first and readers that take the last agree.
   * A missing member is added at the end.
   */
  readonly set?: Readonly<Record<string, string>>;
  /** Names of members that go, however their names are escaped and often they are repeated. */
  readonly drop?: readonly string[];
  /** Names of which the last member stays, which is what a parser takes, and the ones before it go. */
  readonly lastOnly?: readonly string[];
}

/** Gives so many bytes, with anything in them. */
export type Allocate = (bytes: number) => Buffer;

/** How an edited text is made. */
export interface EditMeans {
  /** The object's members, where they were found before, of a text without blanks around it. */
  readonly known?: readonly Member[] | undefined;
  /** Where its memory is from; fresh where it is not given. */
  readonly allocate?: Allocate | undefined;
}

/** What stands around the edited text: it may be large, and is copied once. */
export interface Around {
  readonly before: string;
  readonly after: string;
}

/** The object text `json` with its top members edited; between those that stay every byte is kept. */
export function editMembers(
  json: Uint8Array,
  edits: MemberEdits,
  around: Around = { before: '', after: '' },
  { known, allocate = Buffer.allocUnsafe }: EditMeans = {},
): Uint8Array {
  const { members, end } =
    known === undefined ? objectMembers(json, 0) : { members: known, end: json.length };
  const set = new Map(Object.entries(edits.set ?? {}));
  const drop = new Set(edits.drop);
  const lastOf = new Map((edits.lastOnly ?? []).map((name) => [name, -1]));
  for (const [index, { name }] of members.entries()) if (lastOf.has(name)) lastOf.set(name, index);
  const goes = (index: number) => {
    const { name } = members[index]!;
    return drop.has(name) || (lastOf.get(name) ?? index) !== index;
  };
  let lastKept = members.length - 1;
  while (lastKept >= 0 && goes(lastKept)) lastKept--;

  const out = growingText(json, around, allocate);
  const missing = new Map(set);
  for (let index = 0; index <= lastKept; index++) {
    const { name, start, value } = members[index]!;
    if (goes(index)) {
      // With the comma and the blanks behind it.
      out.skip(start, members[index + 1]!.start);
      continue;
    }
    const text = set.get(name);
    if (text === undefined) continue;
    out.skip(value.start, value.end, text);
    missing.delete(name);
  }
  if (lastKept < members.length - 1) {
    const from = members[lastKept]?.value.end ?? members[0]!.start;
    out.skip(from, members.at(-1)!.value.end);
  }
  const added = [...missing].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',');
  if (added !== '') out.skip(end - 1, end - 1, lastKept < 0 ? added : `,${added}`);
  return out.text();
}

/** A copy of `source` with parts of it replaced, front to back, in one buffer however many they are. */
function growingText(source: Uint8Array, { before, after }: Around, allocate: Allocate) {
  let out = allocate(source.length + before.length + after.length + 1_024);
  let length = 0;
  let copied = 0;
  const put = (bytes: Uint8Array) => {
    if (length + bytes.length > out.length) {
      const larger = allocate(2 * (length + bytes.length));
      out.copy(larger, 0, 0, length);
      out = larger;
    }
    out.set(bytes, length);
    length += bytes.length;
  };
  if (before !== '') put(Buffer.from(before));
  return {
    /** Leaves out what is between two positions, and puts `text` there. */
    skip(start: number, end: number, text = '') {
      put(source.subarray(copied, start));
      if (text !== '') put(Buffer.from(text));
      copied = end;
    },
    text(): Uint8Array {
      put(source.subarray(copied));
      if (after !== '') put(Buffer.from(after));
      return out.subarray(0, length);
    },
  };
}

/**
 * UTF-8 bytes of a string that JSON.parse returned and that is itself a JSON text.
 *
 * UTF-8 cannot hold a lone surrogate; in a JSON text one can only stand inside a string, so writing
 * it as its `\uXXXX` escape keeps the value.
 */
export function jsonTextBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const escaped = text.replace(
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );
  return Buffer.from(escaped, 'utf8');
}
