/**
 * A published can, line by line, as its log has it: the line of the JSONL, and the tar member where it
 * still has one. Anything that is not what was published ends the reading: who goes on with such an
 * object (to write it anew, to make rows of it) would hide who changed it.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import type { Leaf, PublishedLeaf } from '../../core/archive/leaf.ts';
import { type CanName, jsonlKey, tarKey } from '../../core/archive/names.ts';
import { EMPTY_LINE, judgeLine } from '../../core/archive/removal.ts';
import { readTar, type TarMember } from '../../core/archive/tar.ts';
import { contentPublishedAs } from '../../core/measurement/envelope.ts';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { LineTooLong } from '../../core/text/lines.ts';
import { sha256Hex } from '../../core/text/sha256.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

export interface CanLine {
  readonly leaf: PublishedLeaf;
  readonly line: Buffer;
  /** `blank`: its body was taken out, and `{}` stands there. */
  readonly verdict: 'published' | 'blank';
  /** The stored envelope; none of a measurement that was removed. */
  readonly member: TarMember | undefined;
  /** What a row is found by; of a `{}` line none is made. */
  readonly keys: RowKeys;
}

export interface RowKeys {
  readonly reportId: string;
  readonly input: string;
}

/** The lines of a can. `lines` and `tar`: its objects' texts, unpacked. Throws FatalError. */
export async function* canLines(
  can: CanName,
  leaves: AsyncIterable<Leaf>,
  lines: AsyncGenerator<Buffer>,
  tar: AsyncIterable<Buffer>,
): AsyncGenerator<CanLine> {
  const key = jsonlKey(can);
  const members = readTar(tar);
  let next = await nextOf(members);
  for await (const leaf of leaves) {
    if (leaf.kind !== 'published' || leaf.key !== key)
      throw altered(key, 'its entries in the log are of something else');
    const line = await nextOf(lines).catch((error) => {
      throw error instanceof LineTooLong ? altered(key, error.message) : error;
    });
    if (line === undefined) throw altered(key, `it ends before line ${leaf.line}`);
    const verdict = judgeLine(leaf, sha256Hex(line));
    if (verdict === 'altered') throw altered(key, `line ${leaf.line} is not what was published`);
    let member: TarMember | undefined;
    if (next?.name === `${can.folder.name}/${leaf.uid}${POST_SUFFIX}`) {
      member = next;
      next = await nextOf(members);
    }
    const content = contentOf(can, leaf, member);
    yield {
      leaf,
      line,
      verdict,
      member,
      get keys() {
        if (line.equals(EMPTY_LINE)) return { reportId: '', input: '' };
        if (content?.kind === 'ok')
          return {
            reportId: content.reportId.toWellFormed(),
            input: content.input.toWellFormed(),
          };
        throw altered(tarKey(can), `it lacks what belongs to line ${leaf.line}`);
      },
    };
  }
  if ((await nextOf(lines)) !== undefined) throw altered(key, 'it has more lines');
  if (next !== undefined) throw altered(tarKey(can), `it has ${next.name}, out of order`);
}

/** What the member holds. It must be what the line was made of: both are published under one name. */
function contentOf(can: CanName, leaf: PublishedLeaf, member: TarMember | undefined) {
  if (member === undefined) return undefined;
  const content = contentPublishedAs(
    member.bytes,
    (content) => sha256Hex(content.kind === 'ok' ? content.line : EMPTY_LINE) === leaf.sha256,
  );
  if (content === undefined)
    throw altered(tarKey(can), `its ${member.name} is not what was published`);
  return content;
}

export interface OpenObject {
  /** Its content, unpacked. */
  readonly text: AsyncIterable<Buffer>;
  /** Of the object's bytes, read to their end. */
  sha256(): Promise<string>;
  close(): void;
}

export async function openObject(objects: ObjectStore, key: string): Promise<OpenObject> {
  const stream = await objects.read(key);
  if (stream === undefined) throw altered(key, 'it is missing');
  const hash = createHash('sha256');
  const gunzip = createGunzip();
  stream.on('data', (chunk: Buffer) => hash.update(chunk));
  stream.once('error', (error) => gunzip.destroy(error));
  stream.pipe(gunzip);
  return {
    text: gunzip,
    async sha256() {
      for await (const _ of gunzip);
      return hash.digest('hex');
    },
    close() {
      stream.destroy();
      gunzip.destroy();
    },
  };
}

async function nextOf<Item>(items: AsyncGenerator<Item>): Promise<Item | undefined> {
  const { done, value } = await items.next();
  return done ? undefined : value;
}

export function altered(key: string, what: string): FatalError {
  return new FatalError(
    `${key} is not as it was published: ${what}. Nothing was changed: look into it with ooni-uploader verify first`,
    EXIT.unavailable,
  );
}
