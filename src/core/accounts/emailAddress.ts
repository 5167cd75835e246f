/** Addresses of mail (protocol, data 5.5): the plain ones that everybody has, and no others. */
import { blake2b } from '@noble/hashes/blake2.js';

const MIN_CHARACTERS = 5;
const MAX_CHARACTERS = 255;
const MAX_LOCAL_CHARACTERS = 64;

/** Not quoted, not after a hyphen: what a command line or a header could take for something else. */
const LOCAL =
  /^[a-z0-9!#$%&'*+/=?^_`{|}~][a-z0-9!#$%&'*+/=?^_`{|}~-]*(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Names that are never anybody's on the public net (RFC 6761). */
const RESERVED = new Set(['test', 'invalid', 'localhost', 'local']);

/** In small letters, as it is used everywhere; undefined for what is none. */
export function parseEmailAddress(text: string): string | undefined {
  const address = text.trim().toLowerCase();
  if (address.length < MIN_CHARACTERS || address.length > MAX_CHARACTERS) return undefined;
  const at = address.lastIndexOf('@');
  const local = address.slice(0, Math.max(at, 0));
  if (local.length > MAX_LOCAL_CHARACTERS || !LOCAL.test(local)) return undefined;
  const labels = address.slice(at + 1).split('.');
  const top = labels.at(-1)!;
  const isName = labels.length > 1 && labels.every((label) => LABEL.test(label));
  return isName && !RESERVED.has(top) && !/^\d+$/.test(top) ? address : undefined;
}

/** What is stored of a person: a keyed hash of the address, 32 hexadecimal digits (protocol, data 7.10). */
export function accountIdOf(emailAddress: string, hashingKey: string): string {
  const address = Buffer.from(emailAddress.toLowerCase());
  const hash = blake2b(address, { key: Buffer.from(hashingKey), dkLen: 16 });
  return Buffer.from(hash).toString('hex');
}
