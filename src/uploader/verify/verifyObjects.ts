/** One can in the bucket against its leaves: each line of the JSONL, each member of the tar. */
import type { PublishedLeaf } from '../../core/archive/leaf.ts';
import { parseObjectKey, tarKeyOf } from '../../core/archive/names.ts';
import { EMPTY_LINE, judgeLine } from '../../core/archive/removal.ts';
import { readTar } from '../../core/archive/tar.ts';
import { contentPublishedAs } from '../../core/measurement/envelope.ts';
import { POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import { digestLines } from '../../core/text/lines.ts';
import { sha256Hex } from '../../core/text/sha256.ts';
import type { Source } from './archiveSource.ts';
import { gzipText, WrongObject } from './gzipText.ts';
import type { Report } from './report.ts';

/** Leaves of one object, in order of its lines. */
export interface ObjectLeaves {
  readonly key: string;
  /** Index of the first of them in the log. */
  readonly firstLeaf: number;
  readonly leaves: readonly PublishedLeaf[];
}

export interface ObjectCheck {
  readonly source: Source;
  readonly report: Report;
  /** A body that is not there any more, though its leaf is: fine when the log says so too. */
  readonly blank: (leaf: PublishedLeaf, where: 'jsonl' | 'tar') => void;
  /** Lines are held up to this length. A longer one is judged too, and not held. */
  readonly holdBytes: number;
  /** A line that is as it was published; undefined: one that was too long to be held. */
  readonly line: (leaf: PublishedLeaf, line: Buffer | undefined) => Promise<void>;
}

/** SHA-256 of the objects as they were read; undefined where one is missing. */
export interface ObjectSums {
  readonly jsonl: string | undefined;
  readonly tar: string | undefined;
}

export async function checkObject(check: ObjectCheck, object: ObjectLeaves): Promise<ObjectSums> {
  return { jsonl: await checkJsonl(check, object), tar: await checkTar(check, object) };
}

async function checkJsonl(
  check: ObjectCheck,
  { key, leaves }: ObjectLeaves,
): Promise<string | undefined> {
  const { report } = check;
  let line = 0;
  const { wrong, sha256: sum } = await readGzip(check, key, (text) =>
    forEachUntilFault(digestLines(text, check.holdBytes), async (found) => {
      const leaf = leaves[line++];
      // The rest is only counted.
      if (leaf === undefined) return;
      const verdict = judgeLine(leaf, found.sha256);
      if (verdict === 'published') await check.line(leaf, found.bytes);
      else if (verdict === 'blank') check.blank(leaf, 'jsonl');
      else report.problem(`${key} line ${leaf.line}`, `is not what was published of ${leaf.uid}`);
    }),
  );
  if (wrong !== undefined) report.problem(key, wrong);
  else if (line !== leaves.length)
    report.problem(key, `has ${line} lines, but ${leaves.length} were published`);
  return sum;
}

async function checkTar(
  check: ObjectCheck,
  { key, leaves }: ObjectLeaves,
): Promise<string | undefined> {
  const { report } = check;
  const tar = tarKeyOf(key);
  const folder = parseObjectKey(key)!.can.folder.name;
  const expected = new Map(leaves.map((leaf) => [`${folder}/${leaf.uid}${POST_SUFFIX}`, leaf]));
  const { wrong, sha256: sum } = await readGzip(check, tar, (bytes) =>
    forEachUntilFault(readTar(bytes), async (member) => {
      const leaf = expected.get(member.name);
      expected.delete(member.name);
      if (leaf === undefined) {
        report.problem(tar, `has ${member.name}, which was not published in it, or twice`);
        return;
      }
      const content = contentPublishedAs(member.bytes, (content) => {
        const line = content.kind === 'ok' ? content.line : EMPTY_LINE;
        return sha256Hex(line) === leaf.sha256;
      });
      if (content === undefined)
        report.problem(tar, `its ${member.name} is not what was published`);
    }),
  );
  if (wrong !== undefined) report.problem(tar, wrong);
  else for (const leaf of expected.values()) check.blank(leaf, 'tar');
  return sum;
}

/**
 * Reads an object's text; `use` gives what it finds wrong with it. Throws when the bucket or this
 * machine is in trouble, for that says nothing about the object.
 */
async function readGzip(
  { source }: ObjectCheck,
  key: string,
  use: (text: AsyncIterable<Buffer>) => Promise<string | undefined>,
): Promise<{ readonly wrong: string | undefined; readonly sha256?: string }> {
  const object = await source.fetch(key);
  if (object === undefined) return { wrong: 'is missing' };
  if (object === 'too large') return { wrong: 'is larger than any can' };
  const text = gzipText(object);
  try {
    return { wrong: await use(text), sha256: object.sha256 };
  } finally {
    await text.return(undefined);
    await object.drop();
  }
}

/** What is wrong with the items when they end early; errors of `work` say nothing about them. */
async function forEachUntilFault<Item>(
  items: AsyncGenerator<Item>,
  work: (item: Item) => Promise<void>,
): Promise<string | undefined> {
  try {
    for (;;) {
      let next: IteratorResult<Item>;
      try {
        next = await items.next();
      } catch (error) {
        if (error instanceof WrongObject) return error.message;
        if ((error as NodeJS.ErrnoException).syscall !== undefined) throw error;
        return `cannot be read: ${(error as Error).message}`;
      }
      if (next.done) return undefined;
      await work(next.value);
    }
  } finally {
    await items.return(undefined);
  }
}
