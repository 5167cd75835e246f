/**
 * Entries of the log: what was published of each measurement, and what was removed later
 * (docs/archive.md). JSON with fixed member order and no blanks, so that one meaning is one text.
 */
import { isObject, member } from '../json/jsonValue.ts';
import { parseJsonBytes } from '../json/parseJson.ts';

/** Line `line` (from 0) of the object `key` is this measurement. */
export interface PublishedLeaf {
  readonly kind: 'published';
  readonly uid: string;
  /** SHA-256 of the JSONL line without its line break, as hexadecimal digits. */
  readonly sha256: string;
  readonly key: string;
  readonly line: number;
}

/** The body of a measurement was taken out of its object; `{}` stands in its line. */
export interface RemovedLeaf {
  readonly kind: 'removed';
  readonly uid: string;
  readonly key: string;
  readonly line: number;
  /** Why, for everyone to read. */
  readonly reason: string;
  /** When, `YYYY-MM-DDTHH:MM:SSZ`. */
  readonly time: string;
}

export type Leaf = PublishedLeaf | RemovedLeaf;

export function encodeLeaf(leaf: Leaf): Buffer {
  const { uid, key, line } = leaf;
  return Buffer.from(
    JSON.stringify(
      leaf.kind === 'published'
        ? { uid, sha256: leaf.sha256, key, line }
        : { removed: uid, key, line, reason: leaf.reason, time: leaf.time },
    ),
  );
}

/** Takes an entry apart; undefined when it is none of ours. */
export function parseLeaf(entry: Uint8Array): Leaf | undefined {
  const parsed = parseJsonBytes(entry);
  if (parsed.kind === 'invalid' || !isObject(parsed.value)) return undefined;
  const object = parsed.value;
  const text = (name: string) => {
    const value = member(object, name);
    return typeof value === 'string' ? value : undefined;
  };
  const key = text('key');
  const line = member(object, 'line');
  if (key === undefined || !Number.isSafeInteger(line) || (line as number) < 0) return undefined;
  const at = { key, line: line as number };
  const [uid, sha256] = [text('uid'), text('sha256')];
  if (uid !== undefined && sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256))
    return { kind: 'published', uid, sha256, ...at };
  const [removed, reason, time] = [text('removed'), text('reason'), text('time')];
  if (removed !== undefined && reason !== undefined && time !== undefined)
    return { kind: 'removed', uid: removed, reason, time, ...at };
  return undefined;
}
