/**
 * A published can without some of its bodies: `{}` in their lines, so that every other line keeps its
 * number, and no members of them in the tar. All other lines and members keep their bytes.
 *
 * The log says which measurement each line is. A line that is not what was published stops the
 * removal: rewriting the object would hide who changed it.
 */
import { createHash } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import type { Leaf, PublishedLeaf } from '../../core/archive/leaf.ts';
import { splitLines } from '../../core/archive/lines.ts';
import { hasNoLine, judgeLine, REMOVED_LINE, type Replaced } from '../../core/archive/removal.ts';
import { readTar, TAR_END, type TarMember, tarHeader, tarPadding } from '../../core/archive/tar.ts';
import { contentOfPost } from '../../core/measurement/envelope.ts';
import { uidReceivedMs } from '../../core/measurement/measurementUid.ts';
import { type HourFolder, POST_SUFFIX } from '../../core/measurement/spoolPaths.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import type { Post } from '../batches.ts';
import { createGzipFile } from '../gzipFile.ts';
import { createJsonlFile } from '../jsonlFile.ts';
import type { PlanFiles, RemovedLine } from './plan.ts';

export interface RebuildOptions {
  readonly objects: ObjectStore;
  readonly folder: HourFolder;
  readonly jsonlKey: string;
  readonly tarKey: string;
  /** The object's entries in the log, in order of its lines. */
  readonly leaves: AsyncIterable<Leaf>;
  readonly uids: ReadonlySet<string>;
  readonly files: PlanFiles;
  readonly gzipLevel: number;
  readonly memberBytes: number;
}

export interface Rebuilt {
  /** What is taken out; empty when all of it was taken out before. */
  readonly removed: readonly RemovedLine[];
  readonly jsonl: Replaced;
  readonly tar: Replaced;
}

const BATCH_BYTES = 262_144;
const EMPTY_LINE = Buffer.from(REMOVED_LINE);

/** Writes the new objects, durably. Throws FatalError when the published ones are not as logged. */
export async function rebuildCan(options: RebuildOptions): Promise<Rebuilt> {
  const { objects, folder, jsonlKey, tarKey, uids, files, gzipLevel: level } = options;
  const oldJsonl = await openObject(objects, jsonlKey);
  const oldTar = await openObject(objects, tarKey);
  const lines = splitLines(oldJsonl.text);
  const members = readTar(oldTar.text);
  const tar = await createGzipFile(files.tar, level);
  const jsonl = await createJsonlFile(files, { level, memberBytes: options.memberBytes });
  const removed: RemovedLine[] = [];
  try {
    let batch: Post[] = [];
    let batchBytes = 0;
    const flush = async () => {
      await jsonl.add(batch);
      batch = [];
      batchBytes = 0;
    };
    let member = await nextOf(members);
    for await (const leaf of options.leaves) {
      if (leaf.kind !== 'published' || leaf.key !== jsonlKey)
        throw altered(jsonlKey, 'its entries in the log are of something else');
      const line = await nextOf(lines);
      if (line === undefined) throw altered(jsonlKey, `it ends before line ${leaf.line}`);
      const verdict = judgeLine(leaf, createHash('sha256').update(line).digest('hex'));
      if (verdict === 'altered')
        throw altered(jsonlKey, `line ${leaf.line} is not what was published`);
      let mine: TarMember | undefined;
      if (member?.name === `${folder.name}/${leaf.uid}${POST_SUFFIX}`) {
        mine = member;
        member = await nextOf(members);
      }
      const goes = uids.has(leaf.uid);
      if (goes && (mine !== undefined || (verdict === 'published' && !hasNoLine(leaf))))
        removed.push({ uid: leaf.uid, line: leaf.line, sha256: leaf.sha256 });
      if (!goes && mine !== undefined) {
        const { bytes } = mine;
        await tar.write(tarHeader(folder, leaf.uid, bytes.length, uidReceivedMs(leaf.uid)));
        await tar.write(Buffer.concat([bytes, tarPadding(bytes.length)]));
      }
      batch.push(goes ? postOf(leaf, EMPTY_LINE) : postOf(leaf, line, mine));
      batchBytes += line.length;
      if (batchBytes >= BATCH_BYTES) await flush();
    }
    await flush();
    if ((await nextOf(lines)) !== undefined) throw altered(jsonlKey, 'it has more lines');
    if (member !== undefined) throw altered(tarKey, `it has ${member.name}, out of order`);
    await tar.write(TAR_END);
    const { sha256: newTar } = await tar.finish();
    const { sha256: newJsonl } = await jsonl.finish();
    return {
      removed,
      jsonl: { old_sha256: await oldJsonl.sha256(), new_sha256: newJsonl },
      tar: { old_sha256: await oldTar.sha256(), new_sha256: newTar },
    };
  } catch (error) {
    await Promise.allSettled([tar.abandon(), jsonl.abandon()]);
    throw error;
  } finally {
    oldJsonl.close();
    oldTar.close();
  }
}

/** What the JSONL and its index need of a line; of a blank one no row is made. */
function postOf(leaf: PublishedLeaf, line: Buffer, member?: TarMember): Post {
  const content = line.equals(EMPTY_LINE) ? undefined : contentOfPost(member?.bytes ?? EMPTY_LINE);
  if (content?.kind === 'invalid')
    throw altered(leaf.key, `the tar beside it lacks what belongs to line ${leaf.line}`);
  return {
    uid: leaf.uid,
    receivedMs: uidReceivedMs(leaf.uid),
    bytes: EMPTY_LINE,
    line,
    sha256: leaf.sha256,
    parsed: content !== undefined,
    reportId: content?.reportId.toWellFormed() ?? '',
    input: content?.input.toWellFormed() ?? '',
  };
}

interface OpenObject {
  /** Its content, unpacked. */
  readonly text: AsyncIterable<Buffer>;
  /** Of the object's bytes, read to their end. */
  sha256(): Promise<string>;
  close(): void;
}

async function openObject(objects: ObjectStore, key: string): Promise<OpenObject> {
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

function altered(key: string, what: string): FatalError {
  return new FatalError(
    `${key} is not as it was published: ${what}. Nothing was changed: look into it with ooni-uploader verify first`,
    EXIT.unavailable,
  );
}
