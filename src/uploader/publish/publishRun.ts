/**
 * One run: every closed hour goes into the bucket (protocol, archive 2).
 *
 * First the cans that an earlier run left in `outgoing/`, until they are done; then the hour
 * folders, several at once, begun oldest first. Each can goes through the steps of outgoing.ts; nothing is deleted before
 * the last. The first trouble with the bucket, the database or the disk ends the run: what was begun
 * is finished as far as it goes, and the next run takes up the rest. Trouble with one folder or one
 * key is put aside for an operator, and holds up nothing else.
 */
import { type CanName, canText } from '../../core/archive/names.ts';
import { forEachLimited } from '../../core/async/forEachLimited.ts';
import { merged } from '../../core/async/merged.ts';
import { makeTurns } from '../../core/async/turns.ts';
import type { HourFolder } from '../../core/measurement/spoolPaths.ts';
import type { FindOutlines } from '../../edge/layout/outlines.ts';
import { DamagedUpload, ObjectExists } from '../../edge/objects/store.ts';
import { FolderTrouble } from '../../edge/spool/hours.ts';
import { errorText, type Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { type BatchParts, cursorOf, readBatches } from '../can/batches.ts';
import { type BuildOptions, buildCan } from '../can/build.ts';
import { canOf, type Manifest } from '../can/manifest.ts';
import { CanTrouble, type Outgoing } from '../can/outgoing.ts';
import { makeRooms } from '../can/rooms.ts';
import type { TransparencyLog } from '../tlog/tlog.ts';
import { type ExpireParts, expireQuarantine } from './expireQuarantine.ts';
import { publishFingerprintSets } from './fingerprintSets.ts';
import { firstFreeK } from './firstFreeK.ts';
import { settleOldCollector } from './oldCollector.ts';
import { indexCan, type StepParts, uploadCan } from './steps.ts';
import { makeLogQueue } from './tlogQueue.ts';

export interface RunParts extends StepParts, ExpireParts {
  readonly outgoing: Outgoing;
  readonly transparencyLog: TransparencyLog;
  readonly log: Log;
  readonly outlines: FindOutlines;
  readonly build: BuildOptions;
  /** Hour folders whose cans are built at once. */
  readonly builds: number;
  /** Cans on their way at once. */
  readonly uploads: number;
  /** Which hour folders are to be published now. */
  readonly isDue: (folder: HourFolder) => boolean;
  readonly progress: Progress;
}

/** What a run tells about itself while it goes on. */
export interface Progress {
  /** A can is published and gone from the spool. */
  done(manifest: Manifest): void;
  /** Hour folders that were gone through, of how many. */
  folders(through: number, of: number): void;
  /** Measurements whose copies left quarantine. */
  agedOut(measurements: number): void;
}

/** Thrown when a key is taken by other bytes: nothing of this can is lost, but somebody must look. */
const TAKEN =
  'a key of this can is in the bucket with other bytes: does another host have the same collector_id? See /usr/share/doc/ooni-common/archive.md, "A key is taken"';

const DAMAGED =
  'an object is not in the bucket as it was sent: its hour folder waits, the others go on. See /usr/share/doc/ooni-common/archive.md, "An object arrived damaged"';

const CANNOT_GO_ON =
  'a can cannot go on: its hour folder waits, the others go on. See /usr/share/doc/ooni-common/archive.md, "A can that cannot go on"';

const STRANGER =
  'this is no hour folder that ooni-api made: moved to quarantine, not read. Find out who put it there; see /usr/share/doc/ooni-common/security.md';

const UNREADABLE =
  'cannot be read or emptied: its hour folder waits, the others go on. Give the file back (chown ooni-api:ooni, mode 0640, its folder 2770); if the disk has lost it, move it away. See /usr/share/doc/ooni-common/archive.md, "A folder that waits"';

export async function runUploads(parts: RunParts): Promise<void> {
  const { outgoing, log } = parts;
  let done = 0;
  const stuck = new Set<string>();
  const putAside = (folder: HourFolder, { file, cause }: FolderTrouble) => {
    log.err(UNREADABLE, { folder: folder.name, file, problem: errorText(cause) });
    stuck.add(folder.name);
  };
  /** Throws what is no trouble of this can alone. */
  const putCanAside = (can: CanName, error: unknown) => {
    const fields = { can: canText(can), problem: errorText(error) };
    if (error instanceof ObjectExists) log.err(TAKEN, fields);
    else if (error instanceof DamagedUpload) log.err(DAMAGED, fields);
    else if (error instanceof CanTrouble) log.err(CANNOT_GO_ON, fields);
    else throw error;
    stuck.add(can.folder.name);
  };
  const queue = makeLogQueue(parts, parts.transparencyLog, {
    done(manifest) {
      done++;
      parts.progress.done(manifest);
    },
    stuck: (manifest, trouble) => putAside(canOf(manifest).folder, trouble),
  });

  const publish = async (manifest: Manifest, repeated: boolean) => {
    try {
      await queue.add(await prepareForLog(parts, manifest, repeated));
    } catch (error) {
      putCanAside(canOf(manifest), error);
    }
  };

  for (const stranger of await parts.hours.quarantineStrangers()) log.err(STRANGER, stranger);
  const { manifests: left, broken } = await settleOldCollector(parts, await outgoing.recover());
  for (const trouble of broken) putCanAside(trouble.can, trouble);
  if (left.length > 0) log.info('going on with cans of an earlier run', { cans: left.length });
  await queue.resume(left.filter(hasPlace));
  await finishing(
    forEachLimited(
      left.filter((manifest) => !hasPlace(manifest)),
      parts.uploads,
      (manifest) => publish(manifest, true),
    ),
    queue.flush,
  );

  // Measurements of a can that is stuck are still in their folder: they must not go into another.
  const folders = (await parts.hours.folders()).filter(
    (folder) => parts.isDue(folder) && !stuck.has(folder.name),
  );
  await finishing(
    forEachLimited(buildCans(parts, folders, putAside), parts.uploads, (manifest) =>
      publish(manifest, false),
    ),
    queue.flush,
  );
  await publishFingerprintSets(parts);
  await parts.published.expire(parts.nowMs);
  parts.progress.agedOut(await expireQuarantine(parts));
  if (stuck.size > 0)
    throw new FatalError(`${stuck.size} hour folders wait for an operator`, EXIT.unavailable);
  log.info('all closed hours are published', { cans: done });
}

/** Was it given its place in the log by an earlier run? */
function hasPlace({ step }: Manifest): boolean {
  return step === 'logging' || step === 'logged';
}

/** Takes a can through the steps up to the log, from the one where it stands. */
async function prepareForLog(
  parts: StepParts,
  manifest: Manifest,
  repeated: boolean,
): Promise<Manifest> {
  switch (manifest.step) {
    case 'built':
      return indexCan(parts, await uploadCan(parts, manifest), repeated);
    case 'uploaded':
      return indexCan(parts, manifest, repeated);
    case 'indexed':
      return manifest;
    case 'logging':
    case 'logged':
      throw new Error(`${manifest.can} has its place in the log`);
    default:
      return manifest.step satisfies never;
  }
}

/** Lets what was indexed before an error still be published; the first error is the one to report. */
async function finishing(work: Promise<void>, flush: () => Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    await flush().catch(() => {});
    throw error;
  }
  await flush();
}

async function* buildCans(
  parts: RunParts,
  folders: readonly HourFolder[],
  putAside: (folder: HourFolder, trouble: FolderTrouble) => void,
): AsyncGenerator<Manifest> {
  const batchParts: BatchParts = { ...parts, large: makeTurns(), rooms: makeRooms() };
  let through = 0;
  parts.progress.folders(through, folders.length);
  yield* merged(folders, parts.builds, async function* (folder) {
    try {
      yield* buildFolder(parts, folder, batchParts);
    } catch (error) {
      if (!(error instanceof FolderTrouble)) throw error;
      putAside(folder, error);
    }
    parts.progress.folders(++through, folders.length);
  });
}

async function* buildFolder(
  parts: RunParts,
  folder: HourFolder,
  batchParts: BatchParts,
): AsyncGenerator<Manifest> {
  const cursor = cursorOf(readBatches(batchParts, folder));
  try {
    if ((await cursor.peek()) === undefined) {
      // Nothing in it, or only what is not ours.
      await parts.hours.clear(folder, []);
      return;
    }
    for (let k = await firstFreeK(parts, folder); ; k++) {
      const can: CanName = { folder, collectorId: parts.collectorId, k };
      const manifest = await buildCan(can, cursor, parts.outgoing, parts.build, parts.afterStep);
      if (manifest === undefined) return;
      const { measurements, unparsed, post_bytes, tar_bytes, jsonl_bytes } = manifest;
      const counts = { measurements, unparsed, post_bytes, tar_bytes, jsonl_bytes };
      const compressor = parts.build.deflater.name;
      parts.log.info('built', { can: canText(can), ...counts, compressor });
      yield manifest;
    }
  } finally {
    await cursor.close();
  }
}
