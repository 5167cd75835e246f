/**
 * What the log got since a check began. A host goes on publishing and removing meanwhile: nothing
 * is called undeclared before the newest log was asked too.
 */
import type { RemovedLeaf } from '../../core/archive/leaf.ts';
import { BrokenLog, type ReadPart, tileReader } from '../../core/archive/logReader.ts';
import { rootHash } from '../../core/archive/merkle.ts';
import type { Checkpoint, NoteVerifier } from '../../core/archive/note.ts';
import { CHECKPOINT } from '../../core/archive/tiles.ts';
import type { Report } from './report.ts';
import { checkContinuation, checkedLeaves, readCheckpoint } from './verifyTlog.ts';

export interface NewerLog {
  /** Keys of JSONL objects that were published since. */
  readonly keys: ReadonlySet<string>;
  /** Reads on to the checkpoint that is published now; it must continue what was read before. */
  refresh(): Promise<void>;
}

export function followLog(
  from: Checkpoint,
  readPart: ReadPart,
  verifier: NoteVerifier,
  removed: (leaf: RemovedLeaf) => void,
  report: Report,
): NewerLog {
  const keys = new Set<string>();
  let at = from;
  return {
    keys,
    async refresh() {
      const published = await readCheckpoint(readPart, verifier, report);
      if (published === undefined) return;
      const { checkpoint: now } = published;
      if (now.size === at.size && now.root.equals(at.root)) return;
      // Something between here and the bucket may still answer with what it kept.
      if (now.size < at.size && (await isPrefix(now, at, readPart)))
        return report.warning(
          CHECKPOINT,
          `an older one came, of ${now.size} leaves: from a cache?`,
        );
      if (!(await checkContinuation(at, now, readPart, report))) return;
      for await (const { leaf } of checkedLeaves(at, now, readPart, report)) {
        if (leaf.kind === 'removed') removed(leaf);
        else keys.add(leaf.key);
      }
      at = now;
    },
  };
}

async function isPrefix(old: Checkpoint, of: Checkpoint, readPart: ReadPart): Promise<boolean> {
  try {
    return (await rootHash(old.size, tileReader(readPart), of.size)).equals(old.root);
  } catch (error) {
    if (error instanceof BrokenLog) return false;
    throw error;
  }
}
