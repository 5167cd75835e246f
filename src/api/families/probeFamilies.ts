/** What probes ask before and between their measurements. */
import { changeRules, readRules } from '../../edge/clickhouse/prioritisation.ts';
import { makeJsonBodies } from '../jsonBodies.ts';
import { openPrioritisation, type Prioritisation } from '../prioritisation.ts';
import type { FamilyGroup } from '../routeFamily.ts';
import { checkInRoute } from '../routes/probe/checkIn.ts';
import { prioritisationRoutes } from '../routes/probe/prioritisation.ts';
import { testListRoute } from '../routes/probe/testLists.ts';
import type { Sessions } from '../sessions.ts';
import type { SharedParts } from './sharedParts.ts';

/** Between tries to read what was never read. */
const FIRST_RETRY_MS = 5_000;

export interface ProbeGroup extends FamilyGroup {
  readonly prioritisation: Prioritisation;
}

export function openProbeServices(shared: SharedParts, sessions: Sessions): ProbeGroup {
  const { config, client, geoip, requests, random, metrics, log } = shared;
  const bodies = makeJsonBodies(config.min_body_bytes_per_second);
  const { locate } = geoip;
  const prioritisation = openPrioritisation({
    client,
    stateDir: config.state_dir,
    sharing: shared.sharing,
    nowMs: requests.nowMs,
    random,
    refreshMs: shared.refreshMs,
    firstRetryMs: shared.refreshMs ?? FIRST_RETRY_MS,
    log,
  });
  metrics.collectPrioritisation(() => prioritisation.state());
  return {
    families: [
      // Check-in and lists of what to measure.
      checkInRoute({ config, bodies, prioritisation, locate, requests, random, metrics }),
      testListRoute(prioritisation),
      prioritisationRoutes({
        prioritisation,
        rules: {
          read: () => readRules(client),
          change: (change) => changeRules(client, change),
        },
        sessions,
        bodies: makeJsonBodies(),
        log,
      }),
    ],
    prioritisation,
    close: () => prioritisation.close(),
  };
}
