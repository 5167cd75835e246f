/** OONI Run links: people make them, probes run them. */
import type { FamilyGroup } from '../routeFamily.ts';
import { linkReads } from '../routes/oonirun/linkReads.ts';
import { linkWrites } from '../routes/oonirun/linkWrites.ts';
import type { AccountGroup } from './accountFamilies.ts';
import type { ProbeGroup } from './probeFamilies.ts';
import type { SharedParts } from './sharedParts.ts';

export function openOoniRun(
  { database, requests: { nowMs } }: SharedParts,
  { sessions, bodies, writer }: Pick<AccountGroup, 'sessions' | 'bodies' | 'writer'>,
  { prioritisation }: Pick<ProbeGroup, 'prioritisation'>,
): FamilyGroup {
  return {
    families: [
      linkReads({ sessions, database, bodies, prioritisation, nowMs }),
      linkWrites({ sessions, database, writer, bodies, nowMs }),
    ],
  };
}
