/** What more than one group of families is made from. */
import type { AccountSecrets } from '../../config/accountSecrets.ts';
import type { ApiConfig } from '../../config/api.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { FreeSpace } from '../../edge/spool/freeSpace.ts';
import type { Spool } from '../../edge/spool/spool.ts';
import type { Log } from '../../log/log.ts';
import type { ApiMetrics } from '../apiMetrics.ts';
import type { Database } from '../database.ts';
import type { FollowedGeoip } from '../followed/geoip.ts';
import type { FollowedSharing } from '../followed/sharing.ts';
import type { MicrosecondClock } from '../microsecondClock.ts';
import type { MayMail } from '../quotas/sharedMailLimits.ts';
import type { Requests } from '../requests.ts';

export interface SharedParts {
  readonly config: ApiConfig;
  readonly secrets: AccountSecrets;
  readonly client: ClickHouseClient;
  /** Queries for requests, on the same client. */
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly spool: Spool;
  readonly freeSpace: FreeSpace;
  readonly clock: MicrosecondClock;
  readonly requests: Requests;
  /** As Math.random. */
  readonly random: () => number;
  readonly sharing: FollowedSharing;
  readonly refreshMs: number | undefined;
  readonly mayMail: MayMail | undefined;
  readonly geoip: FollowedGeoip;
  /** Of probes' tokens; undefined: none are configured. */
  readonly probeTokenKeys: readonly string[] | undefined;
  readonly log: Log;
  /** Of what each worker follows by itself and one tells of. */
  readonly followLog: Log;
  readonly metrics: ApiMetrics;
}

/** The public address, for links: without slash at the end. */
export function publicUrl({ base_url }: ApiConfig): string {
  return base_url.replace(/\/+$/, '');
}
