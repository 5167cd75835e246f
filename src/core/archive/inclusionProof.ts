/**
 * Proof that a measurement was published: its entry in a collector's log, and the hashes that lead
 * from it to a signed checkpoint (RFC 6962 section 2.1.1; docs/archive.md, "Proofs").
 */
import { type PublishedLeaf, parseLeaf } from './leaf.ts';
import { BrokenLog, type ReadPart, readEntry, tileReader } from './logReader.ts';
import { HASH_BYTES, inclusionProof, leafHash, rootOfProof } from './merkle.ts';
import { type Checkpoint, type NoteVerifier, parseCheckpoint, parsePublicKey } from './note.ts';
import { CHECKPOINT, PUBLIC_KEY } from './tiles.ts';

/** The head of a log as it lies in the bucket. */
export interface LogHead {
  /** The signed note, as published. */
  readonly note: string;
  readonly checkpoint: Checkpoint;
  readonly verifier: NoteVerifier;
}

/** The answer about one measurement; hashes in base64, as in a checkpoint. */
export interface InclusionAnswer {
  readonly leaf_index: number;
  readonly leaf: {
    readonly uid: string;
    readonly sha256: string;
    readonly key: string;
    readonly line: number;
  };
  /** The entry's own text: what the leaf hash is made of. */
  readonly entry: string;
  readonly tree_size: number;
  readonly root_hash: string;
  /** From the leaf's neighbour up to the root's child. */
  readonly inclusion_proof: readonly string[];
  readonly checkpoint: string;
  readonly public_key: string;
}

/**
 * The latest checkpoint with its key; undefined where no log is. `pinned`: the key that it must be,
 * known from elsewhere. Throws BrokenLog.
 */
export async function readLogHead(
  readPart: ReadPart,
  pinned?: NoteVerifier,
): Promise<LogHead | undefined> {
  const note = (await readPart(CHECKPOINT))?.toString('utf8');
  if (note === undefined) return undefined;
  const verifier = parsePublicKey(String(await readPart(PUBLIC_KEY)));
  if (verifier === undefined) throw new BrokenLog(`${PUBLIC_KEY} holds no public key`);
  if (pinned !== undefined && verifier.text !== pinned.text)
    throw new BrokenLog(`${PUBLIC_KEY} holds ${verifier.text}, expected ${pinned.text}`);
  const parsed = parseCheckpoint(note, verifier);
  if (parsed.kind === 'invalid') throw new BrokenLog(`${CHECKPOINT} is ${parsed.reason}`);
  return { note, checkpoint: parsed.checkpoint, verifier };
}

/**
 * Proves that leaf `leafIndex` is this measurement. Undefined when the checkpoint does not cover it
 * yet. Throws BrokenLog where the log holds something else, or does not lead to its own root: a
 * proof is handed out only when it holds.
 */
export async function proveInclusion(
  readPart: ReadPart,
  head: LogHead,
  leafIndex: number,
  uid: string,
): Promise<InclusionAnswer | undefined> {
  const { size, root } = head.checkpoint;
  if (leafIndex >= size) return undefined;
  const entry = await readEntry(readPart, leafIndex, size);
  const leaf = parseLeaf(entry);
  if (leaf?.kind !== 'published' || leaf.uid !== uid)
    throw new BrokenLog(`leaf ${leafIndex} is not ${uid}`);
  const proof = await inclusionProof(leafIndex, size, tileReader(oncePerPart(readPart)));
  if (rootOfProof(leafIndex, size, leafHash(entry), proof)?.equals(root) !== true)
    throw new BrokenLog(`leaf ${leafIndex} does not lead to the signed root`);
  return {
    leaf_index: leafIndex,
    leaf: { uid: leaf.uid, sha256: leaf.sha256, key: leaf.key, line: leaf.line },
    entry: entry.toString('utf8'),
    tree_size: size,
    root_hash: root.toString('base64'),
    inclusion_proof: proof.map((hash) => hash.toString('base64')),
    checkpoint: head.note,
    public_key: head.verifier.text,
  };
}

/**
 * Checks an answer against a public key that is known from elsewhere, as any outsider can. Gives the
 * leaf that is proven, or why nothing is; the key inside the answer is not looked at.
 */
export function checkInclusion(
  answer: InclusionAnswer,
  verifier: NoteVerifier,
):
  | { readonly kind: 'ok'; readonly leaf: PublishedLeaf }
  | { readonly kind: 'invalid'; readonly reason: string } {
  const invalid = (reason: string) => ({ kind: 'invalid' as const, reason });
  const parsed = parseCheckpoint(answer.checkpoint, verifier);
  if (parsed.kind === 'invalid') return invalid(`the checkpoint is ${parsed.reason}`);
  const { size, root } = parsed.checkpoint;
  const entry = Buffer.from(answer.entry);
  const hashes = answer.inclusion_proof.map((hash) => Buffer.from(hash, 'base64'));
  if (hashes.some(({ length }) => length !== HASH_BYTES))
    return invalid('the proof has a hash of the wrong length');
  if (!Number.isSafeInteger(answer.leaf_index)) return invalid('the leaf index is not a number');
  const found = rootOfProof(answer.leaf_index, size, leafHash(entry), hashes);
  if (found?.equals(root) !== true)
    return invalid('the proof does not lead to the root in the checkpoint');
  const leaf = parseLeaf(entry);
  return leaf?.kind === 'published'
    ? { kind: 'ok', leaf }
    : invalid('the entry is not that of a published measurement');
}

/** The hashes of a proof lie in few tiles: each is fetched once. */
function oncePerPart(readPart: ReadPart): ReadPart {
  const parts = new Map<string, Promise<Buffer | undefined>>();
  return (path) => {
    let part = parts.get(path);
    if (part === undefined) {
      part = readPart(path);
      parts.set(path, part);
    }
    return part;
  };
}
