/**
 * A log that another implementation made (../shared/vectors, where it lies beside the clone), read by our
 * reader: its notes, entries, tiles, roots and proofs must mean the same to both.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import {
  append,
  EMPTY_EDGE,
  rootOfEdge,
  unfinishedTiles,
} from '../../../src/core/archive/append.ts';
import {
  readEdge,
  readEntries,
  readEntry,
  tileReader,
} from '../../../src/core/archive/logReader.ts';
import {
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  rootHash,
  rootOfProof,
  tileOf,
} from '../../../src/core/archive/merkle.ts';
import { parseCheckpoint, parsePublicKey } from '../../../src/core/archive/note.ts';
import { encodeBundle, entriesPath, tilePath } from '../../../src/core/archive/tiles.ts';

const dir = fileURLToPath(new URL('../../../../shared/vectors/tessera-log', import.meta.url));
const SIZES = 15;
const verifier = parsePublicKey(
  'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx',
)!;

const readPart = async (path: string) => {
  const file = join(dir, path);
  return existsSync(file) ? readFileSync(file) : undefined;
};
const noteOf = (size: number) => readFileSync(join(dir, `checkpoint.${size}`), 'utf8');

t.test('a log of another implementation', { skip: !existsSync(dir) }, async (t) => {
  const checkpoints = Array.from({ length: SIZES + 1 }, (_, size) => {
    const parsed = parseCheckpoint(noteOf(size), verifier);
    if (parsed.kind !== 'ok') throw new Error(`checkpoint.${size} is ${parsed.reason}`);
    return parsed.checkpoint;
  });

  t.test('every checkpoint is signed, and its root follows from tiles and entries', async (t) => {
    t.ok(checkpoints[0]!.root.equals(EMPTY_ROOT), 'the empty log');
    for (const { size, root } of checkpoints.slice(1)) {
      const edge = await readEdge({ size, root }, readPart);
      t.equal(edge.entries.length, size);
      t.ok(root.equals(await rootHash(size, tileReader(readPart))), `${size}`);
    }
  });

  t.test('appended by us, the same entries give the same parts and roots', async (t) => {
    const entries = await readEntries(readPart, tileOf(SIZES, 0, 0)!);
    let edge = EMPTY_EDGE;
    for (const [at, entry] of entries.entries()) {
      ({ edge } = append(edge, [entry]));
      t.ok(checkpoints[at + 1]!.root.equals(await rootOfEdge(edge)), `root of ${at + 1}`);
      for (const { tile, bytes, entries: below } of unfinishedTiles(edge)) {
        t.ok(bytes.equals((await readPart(tilePath(tile)))!), tilePath(tile));
        t.ok(encodeBundle(below!).equals((await readPart(entriesPath(tile)))!), entriesPath(tile));
      }
    }
  });

  t.test('each entry is proven in each log, and later logs contain earlier ones', async (t) => {
    const readTile = tileReader(readPart);
    for (const { size, root } of checkpoints.slice(1)) {
      for (let leaf = 0; leaf < size; leaf++) {
        const entry = await readEntry(readPart, leaf, size);
        const proof = await inclusionProof(leaf, size, readTile);
        t.ok(rootOfProof(leaf, size, leafHash(entry), proof)?.equals(root), `${leaf} of ${size}`);
      }
      for (const before of checkpoints.slice(0, size))
        t.ok(before.root.equals(await rootHash(before.size, readTile, size)));
    }
  });

  t.test('what was changed is found', async (t) => {
    for (const path of ['tile/0/000.p/15', 'tile/entries/000.p/15']) {
      const changed = async (asked: string) => {
        const bytes = Buffer.from((await readPart(asked))!);
        if (asked === path) bytes[40]! ^= 1;
        return bytes;
      };
      await t.rejects(readEdge(checkpoints[SIZES]!, changed), { name: 'BrokenLog' }, path);
    }
    const forged = noteOf(SIZES).replace('\n15\n', '\n14\n');
    t.match(parseCheckpoint(forged, verifier), { kind: 'invalid', fault: 'text' });
  });
});
