/**
 * Cans that were begun under another collector_id than the host has now (docs/archive.md, "A lost log
 * key"). Their names are part of the keys, so that they belong to the log of the former id: in this
 * one they would be entries that no check of that collector finds.
 */

import { readLogHead } from '../../core/archive/inclusionProof.ts';
import { BrokenLog } from '../../core/archive/logReader.ts';
import { canText, jsonlKey, tarKey } from '../../core/archive/names.ts';
import { logPrefix } from '../../core/archive/tiles.ts';
import { logParts } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { canOf, type Manifest } from '../can/manifest.ts';
import { type CansOnTheirWay, CanTrouble, type Outgoing } from '../can/outgoing.ts';
import { bucketTrouble } from '../common/advice.ts';
import { isPublished } from './tlogQueue.ts';

export interface OldCollectorParts {
  readonly outgoing: Outgoing;
  readonly objects: ObjectStore;
  readonly collectorId: string;
  readonly log: Log;
}

/**
 * The cans to go on with. Those of a former id that are not in the bucket are given up, to be built
 * again under the present one; those that its log covers are only let go. The others, which neither
 * log can take, join the broken ones.
 */
export async function settleOldCollector(
  parts: OldCollectorParts,
  { manifests, broken }: CansOnTheirWay,
): Promise<CansOnTheirWay> {
  const kept: Manifest[] = [];
  const stuck: CanTrouble[] = [...broken];
  for (const manifest of manifests) {
    const can = canOf(manifest);
    if (can.collectorId === parts.collectorId) {
      kept.push(manifest);
      continue;
    }
    const place = await placeOf(parts, manifest);
    if (place === 'log') kept.push({ ...manifest, step: 'logged' });
    else if (place === 'bucket')
      stuck.push(
        new CanTrouble(
          can,
          `${canText(can)} is in the bucket under the collector_id ${can.collectorId}, and not in that log: put collector_id and the log's key back and let a run finish. If the key is lost, see /usr/share/doc/ooni-common/archive.md, "A can that cannot go on"`,
        ),
      );
    else {
      parts.log.warning('collector_id has changed: a can is built again under the new one', {
        can: manifest.can,
        collector_id: parts.collectorId,
      });
      await parts.outgoing.discard(manifest);
    }
  }
  return { manifests: kept, broken: stuck };
}

/** How far a can of a former id got. */
async function placeOf(
  parts: OldCollectorParts,
  manifest: Manifest,
): Promise<'log' | 'bucket' | 'spool'> {
  try {
    if (await isLogged(parts, manifest)) return 'log';
    const uploaded = manifest.step !== 'built' || (await isInBucket(parts, manifest));
    return uploaded ? 'bucket' : 'spool';
  } catch (error) {
    if (error instanceof FatalError) throw error;
    throw bucketTrouble(`read ${parts.objects.name}`, error);
  }
}

async function isLogged(parts: OldCollectorParts, manifest: Manifest): Promise<boolean> {
  if (manifest.step === 'logged') return true;
  if (manifest.step !== 'logging') return false;
  const prefix = logPrefix(canOf(manifest).collectorId);
  const readPart = logParts(parts.objects, prefix);
  try {
    const head = await readLogHead(readPart);
    if (head === undefined) return false;
    return await isPublished(parts.outgoing, { size: head.checkpoint.size, readPart }, manifest);
  } catch (error) {
    if (error instanceof BrokenLog) return false;
    throw error;
  }
}

/** An upload may have happened before the manifest said so. */
async function isInBucket({ objects }: OldCollectorParts, manifest: Manifest): Promise<boolean> {
  const can = canOf(manifest);
  for (const key of [tarKey(can), jsonlKey(can)])
    if ((await objects.head(key)) !== undefined) return true;
  return false;
}
