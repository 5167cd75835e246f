/**
 * Cans whose rows are in ClickHouse wait here for the log: one checkpoint covers many of them.
 *
 * A group's places in the log are written into the manifests, durably, before anything of it is
 * uploaded. If the process stops, the next run finds the group with its places, and either the
 * checkpoint covers it or the same leaves are published in the same order: one log, never two.
 */

import { archiveLogRow } from '../../core/archive/jsonlRows.ts';
import { encodeLeaf, parseLeaf } from '../../core/archive/leaf.ts';
import { readEntry } from '../../core/archive/logReader.ts';
import { jsonlKey } from '../../core/archive/names.ts';
import { forEachLimited } from '../../core/async/forEachLimited.ts';
import { insertLines } from '../../edge/clickhouse/insert.ts';
import { FolderTrouble } from '../../edge/spool/hours.ts';
import { canOf, type Manifest } from '../can/manifest.ts';
import type { Outgoing } from '../can/outgoing.ts';
import { clickhouseTrouble } from '../common/advice.ts';
import { contentToken } from '../published/insertRows.ts';
import type { TransparencyLog } from '../tlog/tlog.ts';
import { clearCan, type StepParts } from './steps.ts';

export interface LogQueue {
  /** Takes a can whose rows are in; publishes when enough have come. */
  add(manifest: Manifest): Promise<void>;
  /** Publishes what waits, and lets go of it. */
  flush(): Promise<void>;
  /** Goes on with the cans that an earlier run had given places in the log. */
  resume(manifests: readonly Manifest[]): Promise<void>;
}

export interface LogQueueEvents {
  /** A can is published and gone from the spool. */
  done(manifest: Manifest): void;
  /** A can is published, but its folder cannot be emptied: the next run tries again. */
  stuck(manifest: Manifest, trouble: FolderTrouble): void;
}

const GROUP_CANS = 64;
/** So many that a checkpoint costs little beside them, and their folders are emptied while others are built. */
const GROUP_LEAVES = 10_000;
/** Each has a thread of node's pool wait for the disk; others of the four compress meanwhile. */
const CLEARS_AT_ONCE = 2;

export function makeLogQueue(
  parts: StepParts,
  log: TransparencyLog,
  events: LogQueueEvents,
): LogQueue {
  const { outgoing, afterStep } = parts;
  let waiting: Manifest[] = [];
  let publishing: Promise<void> = Promise.resolve();

  const release = async (group: readonly Manifest[]) => {
    if (group.length === 0) return;
    await insertLogRows(parts, group);
    await afterStep('log-rows-inserted');
    await forEachLimited(group, CLEARS_AT_ONCE, async (manifest) => {
      const logged: Manifest = { ...manifest, step: 'logged' };
      await outgoing.save(logged, { durable: false });
      await afterStep('logged');
      try {
        await clearCan(parts, logged);
      } catch (error) {
        if (!(error instanceof FolderTrouble)) throw error;
        return events.stuck(logged, error);
      }
      events.done(logged);
    });
    await outgoing.sync();
  };

  const publishPlaced = async (group: readonly Manifest[]) => {
    await log.publish(leavesOf(outgoing, group));
    await release(group);
  };

  const publishGroup = async (manifests: readonly Manifest[]) => {
    const group: Manifest[] = [];
    let next = log.size;
    for (const manifest of [...manifests].sort((a, b) => (a.can < b.can ? -1 : 1))) {
      const placed: Manifest = { ...manifest, step: 'logging', first_leaf: next };
      await outgoing.save(placed, { durable: false });
      group.push(placed);
      next += manifest.measurements;
    }
    await outgoing.sync();
    await afterStep('log-places-decided');
    await publishPlaced(group);
  };

  const flush = (): Promise<void> => {
    const group = waiting;
    waiting = [];
    if (group.length > 0) publishing = publishing.then(() => publishGroup(group));
    return publishing;
  };

  return {
    async add(manifest) {
      waiting.push(manifest);
      const leaves = waiting.reduce((sum, { measurements }) => sum + measurements, 0);
      if (waiting.length >= GROUP_CANS || leaves >= GROUP_LEAVES) await flush();
    },

    flush,

    async resume(manifests) {
      const published: Manifest[] = [];
      const placed: Manifest[] = [];
      let next = log.size;
      for (const manifest of [...manifests].sort((a, b) => a.first_leaf! - b.first_leaf!)) {
        if (manifest.step === 'logged' || (await isPublished(outgoing, log, manifest))) {
          published.push(manifest);
        } else if (manifest.first_leaf === next) {
          placed.push(manifest);
          next += manifest.measurements;
        } else {
          // A power cut while the places were written: nothing of the group was uploaded.
          waiting.push({ ...manifest, step: 'indexed', first_leaf: null });
        }
      }
      await release(published);
      if (placed.length > 0) await publishPlaced(placed);
      await flush();
    },
  };
}

async function* leavesOf(outgoing: Outgoing, group: readonly Manifest[]): AsyncGenerator<Buffer> {
  for (const manifest of group) {
    const key = jsonlKey(canOf(manifest));
    let line = 0;
    for await (const { uid, sha256 } of outgoing.index(manifest))
      yield encodeLeaf({ kind: 'published', uid, sha256, key, line: line++ });
  }
}

/** Does the published log hold this can at its place? */
export async function isPublished(
  outgoing: Outgoing,
  log: Pick<TransparencyLog, 'size' | 'readPart'>,
  manifest: Manifest,
): Promise<boolean> {
  const first = manifest.first_leaf!;
  if (first + manifest.measurements > log.size) return false;
  for await (const { uid } of outgoing.index(manifest)) {
    const leaf = parseLeaf(await readEntry(log.readPart, first, log.size));
    return leaf?.kind === 'published' && leaf.uid === uid && leaf.key === jsonlKey(canOf(manifest));
  }
  return false;
}

async function insertLogRows(parts: StepParts, group: readonly Manifest[]): Promise<void> {
  const rows = group.map((manifest) =>
    archiveLogRow(canOf(manifest), manifest.first_leaf!, manifest.measurements),
  );
  const token = contentToken('archive_log', rows);
  try {
    await parts.retry('insert into archive_log', () =>
      insertLines(parts.clickhouse, 'archive_log', rows, token),
    );
  } catch (error) {
    throw clickhouseTrouble('insert the places in the log into ClickHouse', error);
  }
}
