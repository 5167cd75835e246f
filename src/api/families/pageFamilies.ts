/** Pages for people, over the same endpoints as the API. */
import type { Middleware } from 'koa';
import { publicBucketUrl } from '../../core/archive/publicBucket.ts';
import { VERSION } from '../../program/version.ts';
import { pageFaults } from '../pages/pageFaults.ts';
import { pageRoutes } from '../pages/pageRoutes.tsx';
import type { FamilyGroup } from '../routeFamily.ts';
import type { DataGroup } from './dataFamilies.ts';
import { publicUrl, type SharedParts } from './sharedParts.ts';

export interface PageGroup extends FamilyGroup {
  /** Stands outside of whatever answers with a fault. */
  readonly faults: Middleware;
}

export function openPages(
  shared: SharedParts,
  { searches, reads, files, logs }: Pick<DataGroup, 'searches' | 'reads' | 'files' | 'logs'>,
): PageGroup {
  const { config, database, requests, log } = shared;
  const host = { siteName: new URL(publicUrl(config)).host, version: VERSION };
  return {
    faults: pageFaults(host),
    families: [
      pageRoutes({
        sources: {
          database,
          searches,
          reads,
          files,
          logs,
          bucketUrl: publicBucketUrl(config.s3, config.archive_url),
        },
        host,
        nowMs: requests.nowMs,
        log,
      }),
    ],
  };
}
