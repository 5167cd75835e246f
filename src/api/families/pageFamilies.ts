/** Pages for people, over the same endpoints as the API. */
import { publicBucketUrl } from '../../core/archive/publicBucket.ts';
import { VERSION } from '../../program/version.ts';
import { pageRoutes } from '../pages/pageRoutes.tsx';
import type { FamilyGroup } from '../routeFamily.ts';
import type { DataGroup } from './dataFamilies.ts';
import { publicUrl, type SharedParts } from './sharedParts.ts';

export function openPages(
  shared: SharedParts,
  { reads, files, logs }: Pick<DataGroup, 'reads' | 'files' | 'logs'>,
): FamilyGroup {
  const { config, database, requests, log } = shared;
  const siteName = new URL(publicUrl(config)).host;
  return {
    families: [
      pageRoutes({
        sources: {
          database,
          reads,
          files,
          logs,
          bucketUrl: publicBucketUrl(config.s3, config.archive_url),
          siteName,
        },
        version: VERSION,
        nowMs: requests.nowMs,
        log,
      }),
    ],
  };
}
