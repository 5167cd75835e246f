/**
 * Builds one can: the tar of stored envelopes and the JSONL of their contents, side by side
 * (protocol, archive 2.1 to 2.5).
 *
 * Everything is written under temporary names, synced, renamed, and then named by a manifest: a stop
 * before that leaves nothing that counts, and the next try gives the same bytes.
 */
import { rename } from 'node:fs/promises';
import { type CanName, canText } from '../../core/archive/names.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';
import type { AfterStep } from '../common/afterStep.ts';
import type { Batch, BatchCursor } from './batches.ts';
import { createJsonlFile } from './jsonlFile.ts';
import { type Manifest, newManifest } from './manifest.ts';
import type { Outgoing } from './outgoing.ts';
import { createTarFile } from './tarFile.ts';

export interface BuildOptions {
  /** The can is full when its compressed tar has reached this size. */
  readonly canMaxBytes: number;
  readonly memberBytes: number;
  readonly deflater: Deflater;
}

/** Takes measurements from the cursor until the can is full. Undefined when there were none. */
export async function buildCan(
  can: CanName,
  cursor: BatchCursor,
  outgoing: Outgoing,
  options: BuildOptions,
  afterStep: AfterStep,
): Promise<Manifest | undefined> {
  let batch = await cursor.peek();
  if (batch === undefined) return undefined;
  const files = outgoing.files(canText(can));
  const temporary = (file: string) => `${file}.tmp`;
  const tar = await createTarFile(temporary(files.tar), can.folder, options.deflater);
  const jsonl = await createJsonlFile(
    { jsonl: temporary(files.jsonl), index: temporary(files.index) },
    options.deflater,
    options.memberBytes,
  );
  let measurements = 0;
  let unparsed = 0;
  let postBytes = 0;
  let tarBytes: number;
  let jsonlBytes: number;
  let compressed: Promise<unknown> = Promise.resolve();
  const compress = async ({ posts, release }: Batch) => {
    const inTar = tar.add(posts);
    const writes = [inTar, jsonl.add(posts, inTar)];
    try {
      await Promise.all(writes);
    } finally {
      await Promise.allSettled(writes);
      release();
    }
  };
  try {
    while (batch !== undefined) {
      cursor.take();
      for (const post of batch.posts) {
        measurements++;
        postBytes += post.bytes.length;
        if (!post.parsed) unparsed++;
      }
      // While other threads compress this batch, this one reads and parses the next.
      compressed = compress(batch);
      [batch] = await Promise.all([cursor.peek(), compressed]);
      await afterStep('batch-written');
      if (tar.compressedBytes >= options.canMaxBytes) break;
    }
    tarBytes = (await tar.finish()).sizeBytes;
    jsonlBytes = (await jsonl.finish()).sizeBytes;
  } catch (error) {
    // Files are closed when nobody writes to them any more.
    await Promise.allSettled([compressed]);
    await Promise.allSettled([tar.abandon(), jsonl.abandon()]);
    throw error;
  }
  await afterStep('files-written');
  for (const file of [files.index, files.jsonl, files.tar]) {
    await rename(temporary(file), file);
    await afterStep('file-renamed');
  }
  await outgoing.sync();
  const manifest = newManifest(can, {
    measurements,
    unparsed,
    post_bytes: postBytes,
    tar_bytes: tarBytes,
    jsonl_bytes: jsonlBytes,
  });
  await outgoing.save(manifest);
  await afterStep('built');
  return manifest;
}
