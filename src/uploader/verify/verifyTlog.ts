/**
 * The log, checked from its entries up: what they lead to must be the published tiles, and in the end
 * the signed root. Entries come out as they are read; whether they were the signed ones is known
 * when the last has come.
 */
import {
  append,
  type LogEdge,
  rootOfEdge,
  type Tile,
  unfinishedTiles,
} from '../../core/archive/append.ts';
import { type Leaf, parseLeaf } from '../../core/archive/leaf.ts';
import {
  BrokenLog,
  type ReadPart,
  readEdge,
  readEntries,
  tileReader,
} from '../../core/archive/logReader.ts';
import { rootHash, TILE_WIDTH, tileOf } from '../../core/archive/merkle.ts';
import {
  type Checkpoint,
  type NoteVerifier,
  parseCheckpoint,
  parsePublicKey,
} from '../../core/archive/note.ts';
import { CHECKPOINT, PUBLIC_KEY, tilePath } from '../../core/archive/tiles.ts';
import type { Report } from './report.ts';

/** Parts read ahead of the one that is looked at. */
const READ_AHEAD = 8;

/** The published checkpoint, when it is signed by the key. */
export async function readCheckpoint(
  readPart: ReadPart,
  verifier: NoteVerifier,
  report: Report,
): Promise<{ readonly note: string; readonly checkpoint: Checkpoint } | undefined> {
  const note = await readText(CHECKPOINT, readPart, report);
  if (note === undefined) return undefined;
  const parsed = parseCheckpoint(note, verifier);
  if (parsed.kind === 'ok') return { note, checkpoint: parsed.checkpoint };
  report.problem(CHECKPOINT, parsed.reason);
  return undefined;
}

/** The key in the bucket is only for convenience, but who takes it from there must get this one. */
export async function checkKey(
  readPart: ReadPart,
  verifier: NoteVerifier,
  report: Report,
): Promise<void> {
  const text = await readText(PUBLIC_KEY, readPart, report);
  if (text === undefined) return;
  const found = parsePublicKey(text)?.text ?? 'no public key';
  if (found !== verifier.text)
    report.problem(PUBLIC_KEY, `is ${found}, not the key that was given`);
}

async function readText(
  path: string,
  readPart: ReadPart,
  report: Report,
): Promise<string | undefined> {
  try {
    const bytes = await readPart(path);
    if (bytes === undefined) report.problem(path, 'is missing');
    return bytes?.toString('utf8');
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error;
    report.problem(path, error.message);
    return undefined;
  }
}

/** Is the log at `now` a continuation of the one at `before`? */
export async function checkContinuation(
  before: Checkpoint,
  now: Checkpoint,
  readPart: ReadPart,
  report: Report,
): Promise<boolean> {
  if (now.size < before.size) {
    report.problem('log', `has ${now.size} leaves, but had ${before.size}: it was truncated`);
    return false;
  }
  try {
    const root = await rootHash(before.size, tileReader(readPart), now.size);
    if (root.equals(before.root)) return true;
    report.problem('log', `its first ${before.size} leaves are not those of before: it was forked`);
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error;
    report.problem('log', error.message);
  }
  return false;
}

/** Leaves from a checkpoint that was checked before (or from the beginning) up to a later one. */
export async function* checkedLeaves(
  from: Checkpoint | undefined,
  to: Checkpoint,
  readPart: ReadPart,
  report: Report,
): AsyncGenerator<{ readonly index: number; readonly leaf: Leaf }> {
  const readTile = tileReader(readPart);
  const checkTile = async ({ tile, bytes }: Tile) => {
    if (!Buffer.from(await readTile(tile)).equals(bytes))
      report.problem(tilePath(tile), 'does not match the entries');
  };
  try {
    let edge: LogEdge = await readEdge(from ?? { size: 0, root: Buffer.alloc(0) }, readPart);
    for await (const bundle of bundles(edge.size, to.size, readPart)) {
      const entries = bundle.slice(edge.size % TILE_WIDTH);
      const first = edge.size;
      const appended = append(edge, entries);
      edge = appended.edge;
      for (const full of appended.full) await checkTile(full);
      for (const [at, entry] of entries.entries()) {
        const leaf = parseLeaf(entry);
        if (leaf === undefined) report.problem(`leaf ${first + at}`, 'is not of this format');
        else yield { index: first + at, leaf };
      }
    }
    for (const tile of unfinishedTiles(edge)) await checkTile(tile);
    if (!(await rootOfEdge(edge)).equals(to.root))
      report.problem('log', 'its entries do not lead to the signed root');
  } catch (error) {
    if (!(error instanceof BrokenLog)) throw error;
    report.problem('log', error.message);
  }
}

/** Bundles from the one that holds leaf `start`, some read ahead. */
async function* bundles(start: number, size: number, readPart: ReadPart): AsyncGenerator<Buffer[]> {
  let next = Math.floor(start / TILE_WIDTH);
  const ahead: Promise<Buffer[]>[] = [];
  const fill = () => {
    while (ahead.length < READ_AHEAD) {
      const tile = tileOf(size, 0, next);
      if (tile === undefined) return;
      next++;
      const reading = readEntries(readPart, tile);
      // Its error is thrown when its turn comes, if it comes.
      reading.catch(() => {});
      ahead.push(reading);
    }
  };
  for (fill(); ahead.length > 0; fill()) yield await ahead.shift()!;
}
