import { type CanName, folderPrefix, nextK, parseObjectKey } from '../../core/archive/names.ts';
import type { HourFolder } from '../../core/measurement/spoolPaths.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Outgoing } from '../can/outgoing.ts';
import { bucketTrouble } from '../common/advice.ts';
import type { PublishedCans } from './publishedCans.ts';

/**
 * The k of the next can of a folder: after all that this host remembers, has in `outgoing/`, and that the
 * bucket has. Throws FatalError when the bucket cannot be listed.
 */
export async function firstFreeK(
  parts: {
    readonly published: PublishedCans;
    readonly outgoing: Pick<Outgoing, 'cans'>;
    readonly objects: Pick<ObjectStore, 'list' | 'name'>;
    readonly collectorId: string;
  },
  folder: HourFolder,
): Promise<number> {
  const known: CanName[] = [
    ...(await parts.published.of(folder)),
    ...(await parts.outgoing.cans()),
  ];
  try {
    for await (const { key } of parts.objects.list(folderPrefix(folder))) {
      const object = parseObjectKey(key);
      if (object !== undefined) known.push(object.can);
    }
  } catch (error) {
    throw bucketTrouble(`list ${parts.objects.name}`, error);
  }
  return nextK(folder, parts.collectorId, known);
}
