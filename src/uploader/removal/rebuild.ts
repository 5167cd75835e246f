/**
 * A published can without some of its bodies: `{}` in their lines, so that every other line keeps its
 * number, and no members of them in the tar. All other lines and members keep their bytes.
 */
import type { Leaf } from '../../core/archive/leaf.ts';
import { type CanName, jsonlKey, tarKey } from '../../core/archive/names.ts';
import { EMPTY_LINE, hasNoLine, type Replaced } from '../../core/archive/removal.ts';
import { uidReceivedMs } from '../../core/measurement/measurementUid.ts';
import { splitLines } from '../../core/text/lines.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';
import { fileDigest } from '../../edge/objects/digest.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Post } from '../can/batches.ts';
import { createJsonlFile } from '../can/jsonlFile.ts';
import { createTarFile, type TarPost } from '../can/tarFile.ts';
import { type CanLine, canLines, openObject } from '../published/canLines.ts';
import type { PlanFiles, RemovedLine } from './removalPlan.ts';

export interface RebuildOptions {
  readonly objects: ObjectStore;
  readonly can: CanName;
  /** The object's entries in the log, in order of its lines. */
  readonly leaves: AsyncIterable<Leaf>;
  readonly uids: ReadonlySet<string>;
  readonly files: PlanFiles;
  readonly deflater: Deflater;
  readonly memberBytes: number;
}

export interface Rebuilt {
  /** What is taken out; empty when all of it was taken out before. */
  readonly removed: readonly RemovedLine[];
  readonly jsonl: Replaced;
  readonly tar: Replaced;
}

const BATCH_BYTES = 262_144;

/** Writes the new objects, durably. Throws FatalError when the published ones are not as logged. */
export async function rebuildCan(options: RebuildOptions): Promise<Rebuilt> {
  const { objects, can, uids, files, deflater } = options;
  const oldJsonl = await openObject(objects, jsonlKey(can));
  const oldTar = await openObject(objects, tarKey(can));
  const tar = await createTarFile(files.tar, can.folder, deflater);
  const jsonl = await createJsonlFile(files, deflater, options.memberBytes);
  const removed: RemovedLine[] = [];
  try {
    let batch: Post[] = [];
    let members: TarPost[] = [];
    let batchBytes = 0;
    const flush = async () => {
      await jsonl.add(batch);
      await tar.add(members);
      batch = [];
      members = [];
      batchBytes = 0;
    };
    const lines = canLines(can, options.leaves, splitLines(oldJsonl.text), oldTar.text);
    for await (const published of lines) {
      const { leaf, line, verdict, member } = published;
      const goes = uids.has(leaf.uid);
      if (goes && (member !== undefined || (verdict === 'published' && !hasNoLine(leaf))))
        removed.push({ uid: leaf.uid, line: leaf.line, sha256: leaf.sha256 });
      if (!goes && member !== undefined) {
        const { bytes } = member;
        members.push({ uid: leaf.uid, receivedMs: uidReceivedMs(leaf.uid), bytes, line });
        batchBytes += bytes.length;
      }
      batch.push(postOf(published, goes));
      batchBytes += line.length;
      if (batchBytes >= BATCH_BYTES) await flush();
    }
    await flush();
    await tar.finish();
    await jsonl.finish();
    return {
      removed,
      jsonl: { old_sha256: await oldJsonl.sha256(), new_sha256: await fileSha256(files.jsonl) },
      tar: { old_sha256: await oldTar.sha256(), new_sha256: await fileSha256(files.tar) },
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
function postOf(published: CanLine, goes: boolean): Post {
  const { leaf, line } = published;
  const blank = goes || line.equals(EMPTY_LINE);
  return {
    uid: leaf.uid,
    receivedMs: uidReceivedMs(leaf.uid),
    bytes: EMPTY_LINE,
    line: goes ? EMPTY_LINE : line,
    sha256: leaf.sha256,
    parsed: !blank,
    ...(blank ? { reportId: '', input: '' } : published.keys),
  };
}

async function fileSha256(file: string): Promise<string> {
  return (await fileDigest(file)).sha256.toString('hex');
}
