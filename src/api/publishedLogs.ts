/** The logs of what was published, as they lie in the bucket (docs/archive.md, "Proofs"). */
import { type LogHead, readLogHead } from '../core/archive/inclusionProof.ts';
import { BrokenLog, type ReadPart } from '../core/archive/logReader.ts';
import type { NoteVerifier } from '../core/archive/note.ts';
import { CHECKPOINT, logPrefix } from '../core/archive/tiles.ts';
import { logParts } from '../edge/objects/readObject.ts';
import type { ObjectStore } from '../edge/objects/store.ts';
import { errorText, type Log } from '../log/log.ts';

export interface PublishedLogs {
  /** Whose log is meant where none is named: this host's. */
  readonly collectorId: string;
  partsOf(collectorId: string): ReadPart;
  /** Undefined where no log is. Throws BrokenLog, and what the bucket throws. */
  head(collectorId: string): Promise<LogHead | undefined>;
  /** A part as it lies in the bucket, but of this host's only what its key has signed. */
  published(collectorId: string, name: string): Promise<Buffer | undefined>;
  /** For whoever could not read a log. `path`: what was asked for. */
  tellTrouble(path: string, error: unknown): void;
}

export function openPublishedLogs(parts: {
  readonly objects: ObjectStore;
  readonly collectorId: string;
  /** What this host's log must be signed with (config, log_public_key). */
  readonly logVerifier?: NoteVerifier | undefined;
  readonly log: Log;
}): PublishedLogs {
  const { objects, log } = parts;
  const partsOf = (collectorId: string) => logParts(objects, logPrefix(collectorId));
  const pinned = (collectorId: string) =>
    collectorId === parts.collectorId ? parts.logVerifier : undefined;
  return {
    collectorId: parts.collectorId,
    partsOf,
    head: (collectorId) => readLogHead(partsOf(collectorId), pinned(collectorId)),
    async published(collectorId, name) {
      const readPart = partsOf(collectorId);
      const verifier = pinned(collectorId);
      if (verifier === undefined) return readPart(name);
      const head = await readLogHead(readPart, verifier);
      if (head === undefined) return undefined;
      return Buffer.from(name === CHECKPOINT ? head.note : `${verifier.text}\n`);
    },
    tellTrouble(path, error) {
      const fields = { path, error: errorText(error) };
      if (error instanceof BrokenLog)
        log.err(
          'the log of what was published is not as it should be: run ooni-uploader verify',
          fields,
        );
      else log.warning('cannot read the log of what was published: check the bucket', fields);
    },
  };
}
