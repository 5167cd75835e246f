/**
 * This host's Merkle log in the bucket (docs/archive.md): what was published, append-only, signed.
 *
 * The signed checkpoint in the bucket is the log; putting it there is the one step that counts.
 * Tiles go up first, and whatever lies beyond the checkpoint's size is nobody's yet and may be
 * written again. So a stop at any point leaves the old log or the new one, and all that is needed to
 * append comes from the bucket. The local copy of the checkpoint only guards against a bucket that
 * was put back to an older state: signing on top of that would fork the log.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  append,
  type LogEdge,
  rootOfEdge,
  type Tile,
  unfinishedTiles,
} from '../../core/archive/append.ts';
import { BrokenLog, type ReadPart, readEdge, tileReader } from '../../core/archive/logReader.ts';
import { EMPTY_ROOT, rootHash } from '../../core/archive/merkle.ts';
import {
  type Checkpoint,
  encodeCheckpoint,
  type NoteSigner,
  parseCheckpoint,
} from '../../core/archive/note.ts';
import {
  CHECKPOINT,
  encodeBundle,
  entriesPath,
  PUBLIC_KEY,
  tilePath,
} from '../../core/archive/tiles.ts';
import { forEachLimited } from '../../core/async/forEachLimited.ts';
import { writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { bucketTrouble, CHECK_BUCKET, GOES_ON } from '../common/advice.ts';
import type { AfterStep } from '../common/afterStep.ts';

export interface TransparencyLog {
  /** Leaves that the published checkpoint covers. */
  readonly size: number;
  /** Appends entries and publishes the checkpoint that covers them. */
  publish(entries: AsyncIterable<Buffer>): Promise<void>;
  readonly readPart: ReadPart;
}

export interface LogOptions {
  readonly objects: ObjectStore;
  /** `log/n<collector_id>/` */
  readonly prefix: string;
  readonly signer: NoteSigner;
  readonly stateDir: string;
  readonly afterStep: AfterStep;
}

const ENTRIES_AT_ONCE = 4_096;
const UPLOADS_AT_ONCE = 8;
const OCTETS = 'application/octet-stream';
const TEXT = 'text/plain; charset=utf-8';

/** Opens the log as it is in the bucket. Throws FatalError when appending to it would be wrong. */
export async function openTransparencyLog(options: LogOptions): Promise<TransparencyLog> {
  const { objects, prefix, signer, stateDir, afterStep } = options;
  await mkdir(stateDir, { recursive: true });
  const mark = join(stateDir, 'log-checkpoint');
  const readPart = logParts(objects, prefix);

  let edge = await readLog(options, mark, readPart);
  let failed = false;

  const put = (path: string, bytes: Uint8Array, type: string) =>
    objects.putBytes(prefix + path, bytes, type, { replace: true });
  const putTiles = (tiles: readonly Tile[]) =>
    forEachLimited(tiles, UPLOADS_AT_ONCE, async ({ tile, bytes, entries }) => {
      if (entries !== undefined) await put(entriesPath(tile), encodeBundle(entries), OCTETS);
      await put(tilePath(tile), bytes, OCTETS);
      await afterStep('tile-uploaded');
    });

  const publish = async (entries: AsyncIterable<Buffer>) => {
    let grown = edge;
    let some: Buffer[] = [];
    const take = async () => {
      const appended = append(grown, some);
      some = [];
      grown = appended.edge;
      await putTiles(appended.full);
    };
    for await (const entry of entries) {
      some.push(entry);
      if (some.length >= ENTRIES_AT_ONCE) await take();
    }
    await take();
    if (grown.size === edge.size) return;
    const unfinished = unfinishedTiles(grown);
    await putTiles(unfinished);
    const root = await rootOfEdge(grown);
    const checkpoint = encodeCheckpoint({ size: grown.size, root }, signer);
    if (edge.size === 0) await put(PUBLIC_KEY, Buffer.from(`${signer.verifier.text}\n`), TEXT);
    await put(CHECKPOINT, Buffer.from(checkpoint), TEXT);
    await afterStep('checkpoint-uploaded');
    await writeDurably(mark, checkpoint);
    await afterStep('checkpoint-remembered');
    edge = grown;
  };

  return {
    get size() {
      return edge.size;
    },
    readPart,
    async publish(entries) {
      // After a failure it is not known which checkpoint the bucket has: open the log anew.
      if (failed) throw new Error('the log could not be published before');
      try {
        await publish(entries);
      } catch (error) {
        failed = true;
        if (error instanceof FatalError) throw error;
        throw bucketTrouble(`publish the log at ${objects.name}/${prefix}`, error);
      }
    },
  };
}

/** The published log's edge, checked. Throws FatalError. */
async function readLog(options: LogOptions, mark: string, readPart: ReadPart): Promise<LogEdge> {
  const where = `${options.objects.name}/${options.prefix}`;
  try {
    const published = await publishedCheckpoint(options.signer, readPart, where);
    await checkMark(mark, options.signer, published, readPart, where);
    return await readEdge(published, readPart);
  } catch (error) {
    if (error instanceof FatalError) throw error;
    const advice =
      error instanceof BrokenLog
        ? 'restore the objects there from a copy of the bucket'
        : `${GOES_ON}. ${CHECK_BUCKET}`;
    throw new FatalError(`cannot read the log at ${where}: ${advice}`, EXIT.unavailable, {
      cause: error,
    });
  }
}

async function publishedCheckpoint(
  signer: NoteSigner,
  readPart: ReadPart,
  where: string,
): Promise<Checkpoint> {
  const note = await readPart(CHECKPOINT);
  if (note === undefined) return { size: 0, root: EMPTY_ROOT };
  const parsed = parseCheckpoint(note.toString('utf8'), signer.verifier);
  if (parsed.kind === 'ok') return parsed.checkpoint;
  if (parsed.fault === 'text')
    throw new FatalError(
      `the log's checkpoint at ${where} is ${parsed.reason}: the key is not at fault. Put that object back as it was, see /usr/share/doc/ooni-common/archive.md, "A damaged checkpoint"`,
      EXIT.unavailable,
    );
  throw new FatalError(
    `the log's checkpoint at ${where} is ${parsed.reason}: restore this host's log key, or see /usr/share/doc/ooni-common/archive.md, "A lost log key"`,
    EXIT.config,
  );
}

/** Refuses a bucket whose log is not a continuation of what this host published last. */
async function checkMark(
  mark: string,
  signer: NoteSigner,
  published: Checkpoint,
  readPart: ReadPart,
  where: string,
): Promise<void> {
  const note = await readFile(mark, 'utf8').catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  const known = note === undefined ? undefined : parseCheckpoint(note, signer.verifier);
  // Another key means another log: the mark says nothing about this one.
  if (known?.kind !== 'ok') return;
  const { size, root } = known.checkpoint;
  const advice = `restore the objects below ${where}; if another bucket is meant, remove ${mark}`;
  if (published.size < size)
    throw new FatalError(
      `the log at ${where} has ${published.size} leaves, but ${size} were published: ${advice}`,
      EXIT.unavailable,
    );
  const then = await rootHash(size, tileReader(readPart), published.size);
  if (!then.equals(root))
    throw new FatalError(
      `the log at ${where} does not contain what this host published: ${advice}`,
      EXIT.unavailable,
    );
}
