/**
 * The keys of accounts, a text of lines `name=value`: one `hashing_key`, which accounts are known by and
 * which therefore never changes, and `signing_key`s, of which the first signs and all are believed, so that
 * they can be changed without logging anybody out.
 */

export interface AccountKeys {
  readonly hashingKey: string;
  /** At least one. */
  readonly signingKeys: readonly string[];
}

export type KeysCheck =
  | { readonly kind: 'ok'; readonly keys: AccountKeys }
  /** Never with the keys in it. */
  | { readonly kind: 'invalid'; readonly expected: string };

const MIN_SIGNING_CHARACTERS = 32;
/** BLAKE2b takes no longer one. */
const MAX_HASHING_BYTES = 64;
const MAX_SIGNING_KEYS = 4;

export function parseAccountKeys(text: string): KeysCheck {
  const hashing: string[] = [];
  const signingKeys: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*(hashing_key|signing_key)\s*=\s*(\S+)\s*$/.exec(line);
    if (match === null) return invalid('lines hashing_key=… and signing_key=… alone');
    (match[1] === 'hashing_key' ? hashing : signingKeys).push(match[2]!);
  }
  const [hashingKey] = hashing;
  if (hashingKey === undefined || hashing.length > 1) return invalid('one line hashing_key=…');
  if (Buffer.byteLength(hashingKey) > MAX_HASHING_BYTES)
    return invalid(`a hashing_key of at most ${MAX_HASHING_BYTES} bytes`);
  if (signingKeys.length === 0 || signingKeys.length > MAX_SIGNING_KEYS)
    return invalid(`one to ${MAX_SIGNING_KEYS} lines signing_key=…`);
  if (signingKeys.some((key) => key.length < MIN_SIGNING_CHARACTERS))
    return invalid(`signing keys of at least ${MIN_SIGNING_CHARACTERS} characters`);
  if (new Set([hashingKey, ...signingKeys]).size <= signingKeys.length)
    return invalid('keys that all differ');
  return { kind: 'ok', keys: { hashingKey, signingKeys } };
}

function invalid(expected: string): KeysCheck {
  return { kind: 'invalid', expected };
}
