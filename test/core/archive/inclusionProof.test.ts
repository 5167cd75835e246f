/**
 * Proofs of measurements, against RFC 6962 written out in the plainest way, for logs of 1 to 300 leaves.
 *
 * Covers src/core/archive/logReader.ts.
 */
import { createHash } from 'node:crypto';
import t from 'tap';
import {
  append,
  EMPTY_EDGE,
  type Tile,
  unfinishedTiles,
} from '../../../src/core/archive/append.ts';
import {
  checkInclusion,
  type InclusionAnswer,
  proveInclusion,
  readLogHead,
} from '../../../src/core/archive/inclusionProof.ts';
import { encodeLeaf, type PublishedLeaf } from '../../../src/core/archive/leaf.ts';
import { BrokenLog, type ReadPart } from '../../../src/core/archive/logReader.ts';
import { rootHash } from '../../../src/core/archive/merkle.ts';
import {
  encodeCheckpoint,
  encodePrivateKey,
  parsePrivateKey,
} from '../../../src/core/archive/note.ts';
import { encodeBundle, entriesPath, tilePath } from '../../../src/core/archive/tiles.ts';

const sha256 = (...parts: Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest();
const signer = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 1)))!;
const stranger = parsePrivateKey(encodePrivateKey('example.org/n1', Buffer.alloc(32, 2)))!;

const leafAt = (at: number): PublishedLeaf => ({
  kind: 'published',
  uid: `uid-${at}`,
  sha256: sha256(Buffer.from(`line ${at}`)).toString('hex'),
  key: 'raw/20260821/10/IT/tor/2026082110_IT_tor.n1.0.jsonl.gz',
  line: at,
});
const entryAt = (at: number) => encodeLeaf(leafAt(at));
const largestPowerBelow = (count: number) => 2 ** Math.ceil(Math.log2(count) - 1);

/** MTH(D[start:end]) and PATH(m, D[start:end]) of section 2.1, with no tiles and no cleverness. */
const hashes = new Map<string, Buffer>();
function mth(start: number, end: number): Buffer {
  const name = `${start} ${end}`;
  const known = hashes.get(name);
  if (known !== undefined) return known;
  const k = start + largestPowerBelow(end - start);
  const hash =
    end - start === 1
      ? sha256(Buffer.of(0), entryAt(start))
      : sha256(Buffer.of(1), mth(start, k), mth(k, end));
  hashes.set(name, hash);
  return hash;
}
function path(m: number, start: number, end: number): Buffer[] {
  if (end - start === 1) return [];
  const k = start + largestPowerBelow(end - start);
  return m < k ? [...path(m, start, k), mth(k, end)] : [...path(m, k, end), mth(start, k)];
}

/** A log in a bucket that is a map, as the uploader would have put it there. */
async function logOf(size: number): Promise<Map<string, Buffer>> {
  const entries = Array.from({ length: size }, (_, at) => entryAt(at));
  const { edge, full } = append(EMPTY_EDGE, entries);
  const parts = new Map<string, Buffer>();
  const put = ({ tile, bytes, entries }: Tile) => {
    parts.set(tilePath(tile), bytes);
    if (entries !== undefined) parts.set(entriesPath(tile), encodeBundle(entries));
  };
  for (const tile of [...full, ...unfinishedTiles(edge)]) put(tile);
  const root = await rootHash(size, async (tile) => parts.get(tilePath(tile))!);
  parts.set('checkpoint', Buffer.from(encodeCheckpoint({ size, root }, signer)));
  parts.set('key', Buffer.from(`${signer.verifier.text}\n`));
  return parts;
}
const reader =
  (parts: Map<string, Buffer>): ReadPart =>
  async (path) =>
    parts.get(path);
async function prove(parts: Map<string, Buffer>, at: number, uid = `uid-${at}`) {
  const readPart = reader(parts);
  return proveInclusion(readPart, (await readLogHead(readPart))!, at, uid);
}

t.test('every leaf of every size up to 300', async (t) => {
  const wrong: string[] = [];
  let proofs = 0;
  for (let size = 1; size <= 300; size++) {
    const parts = await logOf(size);
    // All leaves where the shape of the tree changes, a few elsewhere: 300² proofs take long.
    const all = size <= 20 || size === 256 || size === 257 || size === 300;
    for (let at = 0; at < size; at += all ? 1 : 37) {
      const answer = (await prove(parts, at))!;
      proofs++;
      const expected = path(at, 0, size).map((hash) => hash.toString('base64'));
      const checked = checkInclusion(answer, signer.verifier);
      if (
        JSON.stringify(answer.inclusion_proof) !== JSON.stringify(expected) ||
        answer.root_hash !== mth(0, size).toString('base64') ||
        answer.tree_size !== size ||
        answer.leaf_index !== at ||
        checked.kind !== 'ok' ||
        JSON.stringify(checked.leaf) !== JSON.stringify(leafAt(at))
      )
        wrong.push(`leaf ${at} of ${size}`);
    }
  }
  t.same(wrong, []);
  t.ok(proofs > 2000, `${proofs} proofs`);
});

t.test('what is not covered, or not that measurement', async (t) => {
  const parts = await logOf(5);
  t.equal(await prove(parts, 5), undefined, 'behind the end: not published yet');
  await t.rejects(prove(parts, 3, 'uid-4'), BrokenLog, 'another measurement');
  t.equal(await readLogHead(reader(new Map())), undefined, 'no log at all');
});

t.test('a log that does not hold together gives no proof', async (t) => {
  const cases: Record<string, (parts: Map<string, Buffer>) => void> = {
    'an entry changed': (parts) => {
      const bundle = Buffer.from(parts.get('tile/entries/000.p/5')!);
      bundle.write('0', bundle.indexOf('"line":2') + 7);
      parts.set('tile/entries/000.p/5', bundle);
    },
    'a hash changed': (parts) => {
      const tile = Buffer.from(parts.get('tile/0/000.p/5')!);
      tile[0]! ^= 1;
      parts.set('tile/0/000.p/5', tile);
    },
    'a tile gone': (parts) => void parts.delete('tile/0/000.p/5'),
    'the entries gone': (parts) => void parts.delete('tile/entries/000.p/5'),
    'another key': (parts) => void parts.set('key', Buffer.from(stranger.verifier.text)),
    'no key': (parts) => void parts.delete('key'),
    'a checkpoint of another size': (parts) =>
      void parts.set(
        'checkpoint',
        Buffer.from(String(parts.get('checkpoint')).replace('\n5\n', '\n4\n')),
      ),
  };
  for (const [name, damage] of Object.entries(cases)) {
    const parts = await logOf(5);
    damage(parts);
    await t.rejects(prove(parts, 2), BrokenLog, name);
  }
});

t.test('an outsider finds a false answer', async (t) => {
  const answer = (await prove(await logOf(300), 77))!;
  const other = (await prove(await logOf(300), 78))!;
  const key = signer.verifier;
  t.match(checkInclusion(answer, key), { kind: 'ok', leaf: { uid: 'uid-77' } });
  const cases: readonly (readonly [string, Partial<InclusionAnswer>])[] = [
    ['entry of another', { entry: other.entry }],
    ['index of another', { leaf_index: 78 }],
    ['index that is none', { leaf_index: 0.5 }],
    ['index behind the end', { leaf_index: 300 }],
    ['proof of another', { inclusion_proof: other.inclusion_proof }],
    ['proof too short', { inclusion_proof: answer.inclusion_proof.slice(1) }],
    ['a hash too short', { inclusion_proof: ['AAAA', ...answer.inclusion_proof.slice(1)] }],
    ['checkpoint changed', { checkpoint: answer.checkpoint.replace('300', '301') }],
  ];
  for (const [name, change] of cases)
    t.equal(checkInclusion({ ...answer, ...change }, key).kind, 'invalid', name);
  t.equal(checkInclusion(answer, stranger.verifier).kind, 'invalid', 'another key');
});
