/**
 * Signed notes with Ed25519 and the checkpoints in them (C2SP signed-note, tlog-checkpoint).
 *
 * Keys are written as Go's note package does: `<name>+<hash>+<base64>` for the public and
 * `PRIVATE+KEY+<name>+<hash>+<base64>` for the private one. The name is the log's origin.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { HASH_BYTES } from './merkle.ts';

const ED25519 = 0x01;
const SEED_BYTES = 32;
/** DER around the 32 bytes of a private and a public Ed25519 key (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

export interface NoteVerifier {
  readonly name: string;
  /** `<name>+<hash>+<base64>` */
  readonly text: string;
  readonly keyHash: Buffer;
  readonly publicKey: KeyObject;
}

export interface NoteSigner {
  readonly verifier: NoteVerifier;
  readonly privateKey: KeyObject;
}

/** May this be a log's origin? */
export function isOrigin(name: string): boolean {
  return /^[\x21-\x7e]{1,200}$/.test(name) && !name.includes('+');
}

/** The private key's text, from 32 bytes of a cryptographic source. */
export function encodePrivateKey(name: string, seed: Uint8Array): string {
  const { verifier } = signerOf(name, seed);
  const hash = verifier.keyHash.toString('hex');
  return `PRIVATE+KEY+${name}+${hash}+${base64(Buffer.from([ED25519, ...seed]))}`;
}

/** Takes a private key's text apart; undefined when it is not one. */
export function parsePrivateKey(text: string): NoteSigner | undefined {
  const match = /^PRIVATE\+KEY\+([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  if (match === null) return undefined;
  const key = Buffer.from(match[3]!, 'base64');
  if (key.length !== SEED_BYTES + 1 || key[0] !== ED25519) return undefined;
  const signer = signerOf(match[1]!, key.subarray(1));
  return signer.verifier.keyHash.toString('hex') === match[2] ? signer : undefined;
}

/** Takes a public key's text apart; undefined when it is not one. */
export function parsePublicKey(text: string): NoteVerifier | undefined {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/.exec(text.trim());
  if (match === null) return undefined;
  const key = Buffer.from(match[3]!, 'base64');
  if (key.length !== SEED_BYTES + 1 || key[0] !== ED25519) return undefined;
  const verifier = verifierOf(match[1]!, key.subarray(1));
  return verifier.keyHash.toString('hex') === match[2] ? verifier : undefined;
}

function signerOf(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  return { verifier: verifierOf(name, spki.subarray(SPKI.length)), privateKey };
}

function verifierOf(name: string, publicBytes: Uint8Array): NoteVerifier {
  const key = Buffer.from([ED25519, ...publicBytes]);
  const keyHash = createHash('sha256').update(`${name}\n`).update(key).digest().subarray(0, 4);
  return {
    name,
    text: `${name}+${keyHash.toString('hex')}+${base64(key)}`,
    keyHash,
    publicKey: createPublicKey({
      key: Buffer.concat([SPKI, publicBytes]),
      format: 'der',
      type: 'spki',
    }),
  };
}

/** Signs a text that ends with a line break. The same text and key give the same bytes. */
export function signNote(text: string, signer: NoteSigner): string {
  const signature = sign(null, Buffer.from(text), signer.privateKey);
  const { name, keyHash } = signer.verifier;
  return `${text}\n— ${name} ${base64(Buffer.concat([keyHash, signature]))}\n`;
}

/** The signed text, or undefined when this key has not signed it. Other signatures are ignored. */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const opened = judgeNote(note, verifier);
  return opened.kind === 'signed' ? opened.text : undefined;
}

/**
 * What a text is as a note of a key. `damaged`: no note at all, or one that names this key and that the
 * signature does not fit. `foreign`: a note that names other keys alone.
 */
function judgeNote(
  note: string,
  verifier: NoteVerifier,
): { readonly kind: 'signed'; readonly text: string } | { readonly kind: 'damaged' | 'foreign' } {
  const split = note.lastIndexOf('\n\n');
  if (split === -1 || !note.endsWith('\n')) return { kind: 'damaged' };
  const text = note.slice(0, split + 1);
  let named = false;
  for (const line of note.slice(split + 2, -1).split('\n')) {
    const [dash, name, encoded, ...rest] = line.split(' ');
    if (dash !== '—' || encoded === undefined || rest.length > 0) return { kind: 'damaged' };
    if (name !== verifier.name) continue;
    const signature = Buffer.from(encoded, 'base64');
    if (!signature.subarray(0, 4).equals(verifier.keyHash)) continue;
    named = true;
    if (verify(null, Buffer.from(text), verifier.publicKey, signature.subarray(4)))
      return { kind: 'signed', text };
  }
  return { kind: named ? 'damaged' : 'foreign' };
}

/** The head of a log: how many leaves, and the root over them. */
export interface Checkpoint {
  readonly size: number;
  readonly root: Buffer;
}

export function encodeCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const { size, root } = checkpoint;
  return signNote(`${signer.verifier.name}\n${size}\n${base64(root)}\n`, signer);
}

export type ParsedCheckpoint =
  | { readonly kind: 'ok'; readonly checkpoint: Checkpoint }
  | {
      readonly kind: 'invalid';
      readonly reason: string;
      /** What is at fault: this text, or (it is whole) the key that it is held against. */
      readonly fault: 'text' | 'key';
    };

/** A checkpoint signed by this key for its own origin, or why it is none. */
export function parseCheckpoint(note: string, verifier: NoteVerifier): ParsedCheckpoint {
  const opened = judgeNote(note, verifier);
  if (opened.kind !== 'signed') {
    const reason = `not signed by the key ${verifier.text}`;
    return opened.kind === 'foreign'
      ? { kind: 'invalid', reason, fault: 'key' }
      : { kind: 'invalid', reason: `damaged: ${reason}`, fault: 'text' };
  }
  const [origin, size, root] = opened.text.split('\n');
  if (origin !== verifier.name) {
    const reason = `of the log ${origin}, not of ${verifier.name}`;
    return { kind: 'invalid', reason, fault: 'key' };
  }
  const bytes = Buffer.from(root ?? '', 'base64');
  if (!/^(0|[1-9]\d{0,14})$/.test(size ?? '') || bytes.length !== HASH_BYTES)
    return { kind: 'invalid', reason: 'without a size and a root', fault: 'text' };
  return { kind: 'ok', checkpoint: { size: Number(size), root: bytes } };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
