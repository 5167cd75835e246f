/**
 * `outgoing/`: cans on their way into the bucket, each with a manifest that says how far it got.
 *
 * A can is four files: `<can>.tar.gz`, `<can>.jsonl.gz`, `<can>.index` (one line a measurement, in
 * order) and `<can>.json`, the manifest. The manifest is written last, and from then on the can's
 * name and members are fixed; it is removed before the index. Files without a manifest are of a can
 * that was not finished, or one that is done: either way they may go.
 */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { splitLines } from '../core/archive/lines.ts';
import {
  type CanName,
  canText,
  JSONL_SUFFIX,
  parseCan,
  TAR_SUFFIX,
} from '../core/archive/names.ts';
import type { BodyPlace } from '../core/archive/rows.ts';
import { FatalError } from '../program/cli.ts';
import { EXIT } from '../program/exitCodes.ts';
import { isMissing, syncFolder, writeDurably } from './durable.ts';

/** How far a can got. Each step can be repeated with the same result. */
export type Step =
  /** Both objects are complete on disk. */
  | 'built'
  /** Both are in the bucket, confirmed. */
  | 'uploaded'
  /** Its rows are in `jsonl`, confirmed. */
  | 'indexed'
  /** Its place in the log is decided, and perhaps published. */
  | 'logging'
  /** A published checkpoint covers it: the measurements may leave the spool. */
  | 'logged';

export interface Manifest {
  readonly version: 1;
  readonly can: string;
  readonly step: Step;
  readonly measurements: number;
  /** How many of them could not be parsed: `{}` stands in their lines. */
  readonly unparsed: number;
  /** Bytes of the stored envelopes. */
  readonly post_bytes: number;
  readonly tar_bytes: number;
  readonly jsonl_bytes: number;
  /** Index of its first leaf in the log; from `logging` on. */
  readonly first_leaf: number | null;
}

/** One measurement of a can. */
export interface IndexLine {
  readonly uid: string;
  /** SHA-256 of its JSONL line, hexadecimal. */
  readonly sha256: string;
  /** False: it could not be parsed, and gets no row. */
  readonly parsed: boolean;
  readonly report_id: string;
  readonly input: string;
  /** The gzip member that holds its line, and which of the member's lines it is. */
  readonly offset: number;
  readonly length: number;
  readonly member_line: number;
}

export interface Outgoing {
  /** Removes what has no manifest; gives the cans that have one, by name, their indexes looked through. */
  recover(): Promise<Manifest[]>;
  /** The same without touching anything. */
  list(): Promise<Manifest[]>;
  /** Names of the cans that have a manifest. */
  cans(): Promise<CanName[]>;
  save(manifest: Manifest, options?: { readonly durable: boolean }): Promise<void>;
  /** Makes all that was saved or removed before durable. */
  sync(): Promise<void>;
  /** The can is done. */
  remove(manifest: Manifest): Promise<void>;
  /** Gives up a can that is nowhere else: its measurements are in the spool, and go into another. */
  discard(manifest: Manifest): Promise<void>;
  files(can: string): CanFiles;
  /** Measurements of a can, in order. Throws FatalError where they are not as many as the can has. */
  index(manifest: Manifest): AsyncGenerator<IndexLine>;
}

export interface CanFiles {
  readonly tar: string;
  readonly jsonl: string;
  readonly index: string;
  readonly manifest: string;
}

const MANIFEST_SUFFIX = '.json';
const INDEX_SUFFIX = '.index';

export async function openOutgoing(spoolDir: string): Promise<Outgoing> {
  const dir = join(spoolDir, 'outgoing');
  await mkdir(dir, { recursive: true });
  const files = (can: string): CanFiles => ({
    tar: join(dir, can + TAR_SUFFIX),
    jsonl: join(dir, can + JSONL_SUFFIX),
    index: join(dir, can + INDEX_SUFFIX),
    manifest: join(dir, can + MANIFEST_SUFFIX),
  });

  const manifestNames = async (): Promise<string[]> =>
    (await readdir(dir)).filter((name) => name.endsWith(MANIFEST_SUFFIX)).sort();

  const list = async (): Promise<Manifest[]> => {
    const manifests: Manifest[] = [];
    for (const name of await manifestNames()) manifests.push(await readManifest(join(dir, name)));
    return manifests;
  };

  async function* index({ can, measurements, step }: Manifest): AsyncGenerator<IndexLine> {
    const file = files(can).index;
    const stream = createReadStream(file);
    let lines = 0;
    try {
      for await (const line of splitLines(stream)) {
        yield JSON.parse(line.toString('utf8')) as IndexLine;
        lines++;
      }
    } catch (error) {
      if (!isMissing(error) && !(error instanceof SyntaxError)) throw error;
    } finally {
      stream.destroy();
    }
    // The manifest goes before the index: where there is one, so must be the other.
    if (lines !== measurements)
      throw new FatalError(
        `${file}: expected ${measurements} lines, found ${lines}. ${adviceAt(step)}`,
        EXIT.io,
      );
  }

  return {
    list,
    files,
    index,

    async cans() {
      return (await manifestNames())
        .map((name) => parseCan(name.slice(0, -MANIFEST_SUFFIX.length)))
        .filter((can) => can !== undefined);
    },

    async recover() {
      const manifests = await list();
      const known = new Set(manifests.map(({ can }) => can));
      for (const name of await readdir(dir)) {
        const can = /^(.+?)\.(?:tar\.gz|jsonl\.gz|index|json)(\.tmp)?$/.exec(name);
        // What is not a can's is not ours.
        if (can === null || parseCan(can[1]!) === undefined) continue;
        if (can[2] !== undefined || !known.has(can[1]!)) await rm(join(dir, name), { force: true });
      }
      for (const manifest of manifests) for await (const _ of index(manifest));
      return manifests;
    },

    save: (manifest, options = { durable: true }) =>
      writeDurably(files(manifest.can).manifest, `${JSON.stringify(manifest, null, 1)}\n`, {
        folderToo: options.durable,
      }),

    sync: () => syncFolder(dir),

    async remove({ can }) {
      const { tar, jsonl, index, manifest } = files(can);
      for (const file of [tar, jsonl, manifest, index]) await rm(file, { force: true });
    },

    async discard({ can }) {
      const { tar, jsonl, index, manifest } = files(can);
      await rm(manifest, { force: true });
      // A manifest that came back after a power cut would find its files gone.
      await syncFolder(dir);
      for (const file of [tar, jsonl, index]) await rm(file, { force: true });
    },
  };
}

/** Where the bodies of a can are, in order. None for a `{}` line: there is nothing to be found. */
export async function* bodyPlaces(index: AsyncIterable<IndexLine>): AsyncGenerator<BodyPlace> {
  let line = -1;
  for await (const entry of index) {
    line++;
    if (!entry.parsed) continue;
    yield {
      uid: entry.uid,
      reportId: entry.report_id,
      input: entry.input,
      line,
      memberOffsetBytes: entry.offset,
      memberLengthBytes: entry.length,
      memberLine: entry.member_line,
    };
  }
}

/** The can's name taken apart; manifests hold none that does not parse. */
export function canOf(manifest: Manifest): CanName {
  return parseCan(manifest.can)!;
}

export function newManifest(
  can: CanName,
  counts: Omit<Manifest, 'version' | 'can' | 'step' | 'first_leaf'>,
): Manifest {
  return { version: 1, can: canText(can), step: 'built', ...counts, first_leaf: null };
}

const RESTORE =
  'Restore it; if you cannot, see docs/archive.md, "A can that cannot go on": do not just remove it';

/** What to do about files of a can that are lost or damaged. */
function adviceAt(step: Step): string {
  return step === 'built'
    ? `If the bucket has no object of this can, remove its manifest: then it is built again from the spool. Else: ${RESTORE}`
    : RESTORE;
}

async function readManifest(file: string): Promise<Manifest> {
  const text = await readFile(file, 'utf8');
  try {
    const manifest = JSON.parse(text) as Manifest;
    if (manifest.version === 1 && parseCan(manifest.can) !== undefined) return manifest;
  } catch {
    // Not JSON: the same advice.
  }
  throw new FatalError(
    // How far the can got is what cannot be read.
    `${file}: expected a manifest of version 1. ${adviceAt('built')}`,
    EXIT.io,
  );
}
