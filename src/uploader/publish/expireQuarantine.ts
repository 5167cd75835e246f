/**
 * Ages out quarantine: deletes copies of what this host has published since long (docs/operate.md, "Who may
 * delete what"). A copy goes when all of this is so: it is older than it is kept; nothing of the measurement
 * is in the spool otherwise, nor is a can of its hour on its way; the log of this host has it, which it has
 * only after the rows were confirmed; both objects are in the bucket; and its bytes are the ones
 * that were stored. Whatever is not proved stays, and is looked at again by a later run.
 *
 * A run does a bounded part of it, from where chance says: what can never be proved holds nothing up.
 */
import { randomInt } from 'node:crypto';
import { folderPrefix, parseObjectKey, tarKey } from '../../core/archive/names.ts';
import { hourFolderName, parseHourFolder } from '../../core/measurement/spoolPaths.ts';
import { DAY_MS } from '../../core/time/days.ts';
import type { SpoolCopies } from '../../edge/spool/copies.ts';
import type { OldCopy, QuarantineAge } from '../../edge/spool/quarantineAge.ts';
import { errorText, type Log } from '../../log/log.ts';
import type { Outgoing } from '../can/outgoing.ts';
import type { LookupParts } from '../published/loggedObjects.ts';
import { placesInTable } from '../published/loggedObjects.ts';
import { leavesFrom, type ReadableLog } from '../tlog/tlogLeaves.ts';

export interface ExpireParts extends LookupParts {
  readonly quarantine: QuarantineAge;
  readonly copies: SpoolCopies;
  readonly outgoing: Pick<Outgoing, 'cans'>;
  readonly transparencyLog: ReadableLog;
  readonly collectorId: string;
  /** Days that a copy is kept; 0: for ever. */
  readonly quarantineKeepDays: number;
  readonly nowMs: number;
  readonly log: Log;
}

export interface ExpireLimits {
  /** Names that are held in memory. */
  readonly names: number;
  /** Hour folders: a listing and a look into the log each. */
  readonly folders: number;
  /** Of copies, decompressed. */
  readonly bytes: number;
}

const LIMITS: ExpireLimits = { names: 200_000, folders: 500, bytes: 2_147_483_648 };

/**
 * Gives how many copies went. Trouble (a bucket that does not answer, a file of another user) ends it with a
 * warning: nothing depends on it.
 */
export async function expireQuarantine(
  parts: ExpireParts,
  limits: ExpireLimits = LIMITS,
): Promise<number> {
  const { quarantine, quarantineKeepDays, nowMs, log } = parts;
  const keptSinceMs =
    quarantineKeepDays === 0 ? Number.NEGATIVE_INFINITY : nowMs - quarantineKeepDays * DAY_MS;
  let [removed, freedBytes, readBytes] = [0, 0, 0];
  try {
    // Nobody writes at a temporary for a day.
    const swept = await quarantine.sweep(nowMs - DAY_MS, keptSinceMs);
    if (swept > 0) log.info('took leftovers out of quarantine/', { files: swept });
    for (const folder of await foldersToLookAt(parts, keptSinceMs, limits)) {
      if (readBytes >= limits.bytes) break;
      for (const copy of await published(parts, folder)) {
        const { same, bytes } = await quarantine.check(copy);
        readBytes += bytes;
        if (same) {
          await quarantine.remove(copy);
          removed++;
          freedBytes += copy.bytes;
        }
        if (readBytes >= limits.bytes) break;
      }
    }
    if (removed + swept > 0) await quarantine.sync();
  } catch (error) {
    log.warning(
      'cannot age out quarantine/: what is in it stays, the next run goes on. Check the bucket, ClickHouse, and who may write to quarantine/',
      { problem: errorText(error) },
    );
  }
  if (removed > 0)
    log.info('aged out of quarantine/: the archive has them', {
      measurements: removed,
      bytes: freedBytes,
      keep_days: quarantineKeepDays,
    });
  return removed;
}

/** Old copies by their hour folder, as many folders as a run looks at. */
async function foldersToLookAt(
  { quarantine, outgoing }: ExpireParts,
  beforeMs: number,
  limits: ExpireLimits,
): Promise<OldCopy[][]> {
  if (beforeMs === Number.NEGATIVE_INFINITY) return [];
  // A can that is stuck, or whose files are damaged, may need what is kept here.
  const onTheirWay = new Set((await outgoing.cans()).map(({ folder }) => folder.name));
  const byFolder = new Map<string, OldCopy[]>();
  for (const copy of await quarantine.oldCopies(beforeMs, limits.names)) {
    const folder = hourFolderName(copy.uid);
    if (onTheirWay.has(folder)) continue;
    const copies = byFolder.get(folder);
    if (copies === undefined) byFolder.set(folder, [copy]);
    else copies.push(copy);
  }
  const folders = [...byFolder.values()];
  if (folders.length === 0) return [];
  const start = randomInt(folders.length);
  return [...folders.slice(start), ...folders.slice(0, start)].slice(0, limits.folders);
}

/** Those of one folder's copies that this host's log has and the spool does not. */
async function published(parts: ExpireParts, copies: readonly OldCopy[]): Promise<OldCopy[]> {
  const { objects, collectorId, transparencyLog } = parts;
  const folder = parseHourFolder(hourFolderName(copies[0]!.uid))!;
  const keys = new Set<string>();
  for await (const { key } of objects.list(folderPrefix(folder)))
    if (parseObjectKey(key)?.can.collectorId === collectorId) keys.add(key);
  // Of what could not be parsed, the tar alone has the bytes.
  const whole = [...keys].filter((key) => {
    const { kind, can } = parseObjectKey(key)!;
    return kind === 'jsonl' && keys.has(tarKey(can));
  });
  const wanted = new Set(copies.map(({ uid }) => uid.text));
  const logged = new Set<string>();
  for (const place of await placesInTable(parts, whole)) {
    // What the table says of a log that does not go as far is of another bucket.
    if (place.firstLeaf + place.leaves > transparencyLog.size) continue;
    for await (const leaf of leavesFrom(transparencyLog, place.firstLeaf, place.leaves))
      if (leaf.kind === 'published' && leaf.key === place.key && wanted.has(leaf.uid))
        logged.add(leaf.uid);
  }
  const gone: OldCopy[] = [];
  for (const copy of copies)
    if (logged.has(copy.uid.text) && !(await isElsewhere(parts, copy))) gone.push(copy);
  return gone;
}

/** Does the spool have it outside of quarantine: not published yet, or not scored? */
async function isElsewhere({ copies }: ExpireParts, { uid }: OldCopy): Promise<boolean> {
  return (await copies.of(uid)).some((path) => !path.startsWith('quarantine/'));
}
