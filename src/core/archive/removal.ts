/**
 * Records of removals (docs/archive.md, "Removing a measurement"): a signed note for each body that
 * was taken out of the archive, at `removal/<uid>` below the log's prefix.
 *
 * The log's entry of kind `removed` is what makes a removal declared: it can be neither added nor
 * withdrawn unseen. The record says the same with the checksums, so that whoever keeps a copy of the
 * archive finds the objects to fetch again.
 */
import { isObject, member } from '../json/jsonValue.ts';
import { parseJsonBytes } from '../json/parseJson.ts';
import { sha256Hex } from '../text/sha256.ts';
import type { PublishedLeaf } from './leaf.ts';
import { type NoteSigner, type NoteVerifier, openNote, signNote } from './note.ts';

/** An object before and after the removal, by the SHA-256 of its bytes, hexadecimal. */
export interface Replaced {
  readonly old_sha256: string;
  readonly new_sha256: string;
}

export interface RemovalRecord {
  readonly uid: string;
  /** The JSONL object, and the line in it, from 0, where `{}` stands now. */
  readonly key: string;
  readonly line: number;
  /** Of the line as it was published, without its line break: as in the log's entry. */
  readonly line_sha256: string;
  readonly jsonl: Replaced;
  readonly tar: Replaced;
  readonly reason: string;
  /** `YYYY-MM-DDTHH:MM:SSZ` */
  readonly time: string;
}

/** First line of the note: no checkpoint begins like this, so neither can pass for the other. */
const HEADER = 'ooni-archive-removal/v1';

/** What stands in the place of a removed body. */
const REMOVED_LINE = '{}';
/** The same as bytes; also the line of what could not be read. */
export const EMPTY_LINE = Buffer.from(REMOVED_LINE);
const REMOVED_SHA256 = sha256Hex(REMOVED_LINE);

/** Below the log's prefix. */
const REMOVALS = 'removal/';

export function removalPath(uid: string): string {
  return `${REMOVALS}${uid}`;
}

/** The signed note; the same record and key give the same bytes. */
export function encodeRemoval(record: RemovalRecord, signer: NoteSigner): string {
  const { uid, key, line, line_sha256, jsonl, tar, reason, time } = record;
  const text = JSON.stringify({
    uid,
    key,
    line,
    line_sha256,
    jsonl: { old_sha256: jsonl.old_sha256, new_sha256: jsonl.new_sha256 },
    tar: { old_sha256: tar.old_sha256, new_sha256: tar.new_sha256 },
    reason,
    time,
  });
  return signNote(`${HEADER}\n${text}\n`, signer);
}

/** A record signed by this key, or why it is none. */
export function parseRemoval(
  note: string,
  verifier: NoteVerifier,
):
  | { readonly kind: 'ok'; readonly record: RemovalRecord }
  | { readonly kind: 'invalid'; readonly reason: string } {
  const text = openNote(note, verifier);
  if (text === undefined)
    return { kind: 'invalid', reason: `not signed by the key ${verifier.text}` };
  const [header, json = '', end, ...rest] = text.split('\n');
  if (header !== HEADER || end !== '' || rest.length > 0)
    return { kind: 'invalid', reason: 'not a record of a removal' };
  const parsed = parseJsonBytes(Buffer.from(json));
  const record = parsed.kind === 'ok' ? readRecord(parsed.value) : undefined;
  return record === undefined
    ? { kind: 'invalid', reason: 'a record of a removal without its members' }
    : { kind: 'ok', record };
}

/** Is this the record of what the log says was published there? */
export function isRemovalOf(record: RemovalRecord, leaf: PublishedLeaf): boolean {
  return (
    record.uid === leaf.uid &&
    record.key === leaf.key &&
    record.line === leaf.line &&
    record.line_sha256 === leaf.sha256
  );
}

/** What a line of a published object is, by its SHA-256. */
export function judgeLine(leaf: PublishedLeaf, sha256: string): 'published' | 'blank' | 'altered' {
  if (sha256 === leaf.sha256) return 'published';
  return sha256 === REMOVED_SHA256 ? 'blank' : 'altered';
}

/** Was `{}` published in its place, for it could not be parsed? Then its only body is in the tar. */
export function hasNoLine(leaf: PublishedLeaf): boolean {
  return leaf.sha256 === REMOVED_SHA256;
}

function readRecord(value: unknown): RemovalRecord | undefined {
  const texts = textsOf(value, ['uid', 'key', 'line_sha256', 'reason', 'time']);
  const line = isObject(value) ? member(value, 'line') : undefined;
  const jsonl = readReplaced(isObject(value) ? member(value, 'jsonl') : undefined);
  const tar = readReplaced(isObject(value) ? member(value, 'tar') : undefined);
  if (texts === undefined || jsonl === undefined || tar === undefined) return undefined;
  if (!Number.isSafeInteger(line) || (line as number) < 0) return undefined;
  if (!/^[0-9a-f]{64}$/.test(texts.line_sha256)) return undefined;
  return { ...texts, line: line as number, jsonl, tar };
}

function readReplaced(value: unknown): Replaced | undefined {
  const texts = textsOf(value, ['old_sha256', 'new_sha256']);
  const sound = texts !== undefined && Object.values(texts).every((t) => /^[0-9a-f]{64}$/.test(t));
  return sound ? texts : undefined;
}

function textsOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
): Readonly<Record<Name, string>> | undefined {
  if (!isObject(value)) return undefined;
  const texts = names.map((name) => [name, member(value, name)] as const);
  return texts.every(([, text]) => typeof text === 'string')
    ? (Object.fromEntries(texts) as Record<Name, string>)
    : undefined;
}
