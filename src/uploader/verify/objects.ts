/** One can in the bucket against its leaves: each line of the JSONL, each member of the tar. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { PublishedLeaf } from '../../core/archive/leaf.ts';
import { splitLines } from '../../core/archive/lines.ts';
import { parseObjectKey, tarKeyOf } from '../../core/archive/names.ts';
import { judgeLine, REMOVED_LINE } from '../../core/archive/removal.ts';
import { readTar } from '../../core/archive/tar.ts';
import { contentOfPost } from '../../core/measurement/envelope.ts';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Report } from './report.ts';

/** Leaves of one object, in order of its lines. */
export interface ObjectLeaves {
  readonly key: string;
  readonly leaves: readonly PublishedLeaf[];
}

export interface ObjectCheck {
  readonly objects: ObjectStore;
  readonly report: Report;
  /** A body that is not there any more, though its leaf is: fine when the log says so too. */
  readonly blank: (leaf: PublishedLeaf, where: 'jsonl' | 'tar') => void;
  /** A line that is as it was published. */
  readonly line: (leaf: PublishedLeaf, line: Buffer) => Promise<void>;
}

export async function checkObject(check: ObjectCheck, object: ObjectLeaves): Promise<void> {
  await checkJsonl(check, object);
  await checkTar(check, object);
}

async function checkJsonl(check: ObjectCheck, { key, leaves }: ObjectLeaves): Promise<void> {
  const { report } = check;
  let line = 0;
  const wrong = await readGzip(check, key, async (text) => {
    for await (const bytes of splitLines(text)) {
      const leaf = leaves[line++];
      // The rest is only counted.
      if (leaf === undefined) continue;
      const verdict = judgeLine(leaf, sha256(bytes));
      if (verdict === 'published') await check.line(leaf, bytes);
      else if (verdict === 'blank') check.blank(leaf, 'jsonl');
      else report.problem(`${key} line ${leaf.line}`, `is not what was published of ${leaf.uid}`);
    }
  });
  if (wrong !== undefined) report.problem(key, wrong);
  else if (line !== leaves.length)
    report.problem(key, `has ${line} lines, but ${leaves.length} were published`);
}

async function checkTar(check: ObjectCheck, { key, leaves }: ObjectLeaves): Promise<void> {
  const { report } = check;
  const tar = tarKeyOf(key);
  const folder = parseObjectKey(key)!.can.folder.name;
  const expected = new Map(leaves.map((leaf) => [`${folder}/${leaf.uid}${POST_SUFFIX}`, leaf]));
  const wrong = await readGzip(check, tar, async (bytes) => {
    for await (const member of readTar(bytes)) {
      const leaf = expected.get(member.name);
      expected.delete(member.name);
      if (leaf === undefined) {
        report.problem(tar, `has ${member.name}, which was not published in it, or twice`);
        continue;
      }
      const content = contentOfPost(member.bytes);
      const line = content.kind === 'ok' ? content.line : Buffer.from(REMOVED_LINE);
      if (sha256(line) !== leaf.sha256)
        report.problem(tar, `its ${member.name} is not what was published`);
    }
  });
  if (wrong !== undefined) report.problem(tar, wrong);
  else for (const leaf of expected.values()) check.blank(leaf, 'tar');
}

/**
 * Reads an object through gunzip. Gives what is wrong with it; throws when the bucket is in trouble,
 * for that says nothing about the object.
 */
async function readGzip(
  { objects }: ObjectCheck,
  key: string,
  use: (text: AsyncIterable<Buffer>) => Promise<void>,
): Promise<string | undefined> {
  const stream: Readable | undefined = await objects.read(key);
  if (stream === undefined) return 'is missing';
  const gunzip = createGunzip();
  let failure: Error | undefined;
  let consumedBytes: number;
  stream.on('error', (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  try {
    await use(stream.pipe(gunzip));
    // Gunzip passes over zeros that follow the last member.
    consumedBytes = gunzip.bytesWritten;
  } catch (error) {
    if (failure !== undefined) throw failure;
    return `cannot be read: ${(error as Error).message}`;
  } finally {
    stream.destroy();
  }
  const behind = ((await objects.head(key))?.sizeBytes ?? 0) - consumedBytes;
  return behind === 0 ? undefined : `has ${behind} bytes behind its end`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
