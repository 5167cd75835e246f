/** Edits of a JSON text that leave every other byte as it was (design: archive keeps the probe's bytes). */
import { objectMembers, skipSpace } from './scan.ts';

/**
 * The object text `json` with member `name` set to the JSON text `value`.
 *
 * A member of that name keeps its place and gets the new value; where the name is repeated, each one
 * does, so that readers that take the first and readers that take the last agree. A missing member
 * is added at the end.
 */
export function setMember(json: Uint8Array, name: string, value: string): Uint8Array {
  const { members, end } = objectMembers(json, 0);
  const pieces: Uint8Array[] = [];
  let copied = 0;
  let found = false;
  for (const member of members) {
    if (member.name !== name) continue;
    pieces.push(json.subarray(copied, member.value.start), Buffer.from(value));
    copied = member.value.end;
    found = true;
  }
  if (!found) {
    const separator = members.length === 0 ? '' : ',';
    pieces.push(
      json.subarray(copied, end - 1),
      Buffer.from(`${separator}${JSON.stringify(name)}:${value}`),
    );
    copied = end - 1;
  }
  pieces.push(json.subarray(copied));
  return Buffer.concat(pieces);
}

/** True when the first significant byte opens an object. */
export function looksLikeObject(json: Uint8Array): boolean {
  return json[skipSpace(json, 0)] === 0x7b;
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
