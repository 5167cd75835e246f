/**
 * `outgoing/`: cans on their way into the bucket, each with a manifest that says how far it got.
 *
 * A can is four files: `<can>.tar.gz`, `<can>.jsonl.gz`, `<can>.index` (one line a measurement, in
 * order) and `<can>.json`, the manifest. The manifest is written last, and from then on the can's
 * name and members are fixed; it is removed before the index. Files without a manifest are of a can
 * that was not finished, or one that is done: either way they may go.
 */
import { createReadStream } from 'node:fs';
import { lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CanName,
  canText,
  JSONL_SUFFIX,
  parseCan,
  TAR_SUFFIX,
} from '../../core/archive/names.ts';
import { splitLines } from '../../core/text/lines.ts';
import { syncFolder, writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import {
  canOf,
  type IndexLine,
  type Manifest,
  parseIndexLine,
  parseManifest,
  type Step,
} from './manifest.ts';

export interface Outgoing {
  /** Removes what has no manifest; gives the cans that have one, their indexes looked through. */
  recover(): Promise<CansOnTheirWay>;
  /** The cans that have a manifest; touches nothing. */
  list(): Promise<CansOnTheirWay>;
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
  /** Measurements of a can, in order. Throws CanTrouble where they are not those that the can has. */
  index(manifest: Manifest): AsyncGenerator<IndexLine>;
}

/** By name. */
export interface CansOnTheirWay {
  readonly manifests: readonly Manifest[];
  /** Those whose manifest or index is no good: an operator must look. */
  readonly broken: readonly CanTrouble[];
}

/** A can that cannot go on: it alone must wait, with its hour folder. Others can go on. */
export class CanTrouble extends FatalError {
  override readonly name = 'CanTrouble';
  readonly can: CanName;

  constructor(can: CanName, message: string, cause?: unknown) {
    super(message, EXIT.io, cause === undefined ? {} : { cause });
    this.can = can;
  }
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

  /** Names of the cans that have a manifest. What is not a can's is not ours. */
  const cans = async (): Promise<CanName[]> =>
    (await readdir(dir))
      .filter((name) => name.endsWith(MANIFEST_SUFFIX))
      .sort()
      .map((name) => parseCan(name.slice(0, -MANIFEST_SUFFIX.length)))
      .filter((can) => can !== undefined);

  const list = async (): Promise<CansOnTheirWay> => {
    const manifests: Manifest[] = [];
    const broken: CanTrouble[] = [];
    for (const can of await cans()) {
      const { manifest } = files(canText(can));
      try {
        manifests.push(await readManifest(manifest, can));
      } catch (error) {
        const trouble = troubleOf(error);
        // Of a run that goes on beside, the can may be done by now.
        if (await isThere(manifest)) broken.push(trouble);
      }
    }
    return { manifests, broken };
  };

  async function* index(manifest: Manifest): AsyncGenerator<IndexLine> {
    const { measurements, step } = manifest;
    const file = files(manifest.can).index;
    const wrong = (found: string, cause?: unknown) =>
      new CanTrouble(
        canOf(manifest),
        `${file}: expected ${measurements} lines, found ${found}. ${adviceAt(step)}`,
        cause,
      );
    const stream = createReadStream(file);
    const read = splitLines(stream);
    let lines = 0;
    try {
      for (;;) {
        // Errors of the file only: those of whoever takes the lines are not the can's.
        const next = await read.next().catch((error) => {
          throw wrong(`${lines}`, error);
        });
        if (next.done) break;
        const line = parseIndexLine(next.value);
        if (line.kind === 'invalid')
          throw wrong(`${lines}, and then one that is not of this format (${line.reason})`);
        yield line.value;
        lines++;
      }
    } finally {
      stream.destroy();
    }
    // The manifest goes before the index: where there is one, so must be the other.
    if (lines !== measurements) throw wrong(`${lines}`);
  }

  return {
    list,
    files,
    index,

    cans,

    async recover() {
      const { manifests, broken } = await list();
      const known = new Set((await cans()).map(canText));
      for (const name of await readdir(dir)) {
        const can = /^(.+?)\.(?:tar\.gz|jsonl\.gz|index|json)(\.tmp)?$/.exec(name);
        if (can === null || parseCan(can[1]!) === undefined) continue;
        if (can[2] !== undefined || !known.has(can[1]!)) await rm(join(dir, name), { force: true });
      }
      const whole: Manifest[] = [];
      const halves: CanTrouble[] = [...broken];
      for (const manifest of manifests)
        try {
          for await (const _ of index(manifest));
          whole.push(manifest);
        } catch (error) {
          halves.push(troubleOf(error));
        }
      return { manifests: whole, broken: halves };
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

const RESTORE =
  'Restore it; if you cannot, see /usr/share/doc/ooni-common/archive.md, "A can that cannot go on": do not just remove it';

/** What to do about files of a can that are lost or damaged. */
export function adviceAt(step: Step): string {
  return step === 'built'
    ? `If the bucket has no object of this can, remove its manifest: then it is built again from the spool. Else: ${RESTORE}`
    : RESTORE;
}

async function readManifest(file: string, can: CanName): Promise<Manifest> {
  // How far the can got is what cannot be read.
  const wrong = (found: string, cause?: unknown) =>
    new CanTrouble(
      can,
      `${file}: expected a manifest of version 1, but ${found}. ${adviceAt('built')}`,
      cause,
    );
  const text = await readFile(file, 'utf8').catch((error) => {
    throw wrong('it cannot be read', error);
  });
  const parsed = parseManifest(text, can);
  if (parsed.kind === 'ok') return parsed.value;
  throw wrong(parsed.reason);
}

/** Its name: what a link leads to may be missing. */
function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    (error) => !isMissing(error),
  );
}

function troubleOf(error: unknown): CanTrouble {
  if (error instanceof CanTrouble) return error;
  throw error;
}
