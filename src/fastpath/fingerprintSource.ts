/** The fingerprints of the daemon: read from ClickHouse, refreshed, kept when a refresh fails. */
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { readFingerprintTables } from '../edge/clickhouse/fingerprintTables.ts';
import type { Log } from '../log/log.ts';
import { type Followed, follow } from '../program/follow.ts';

/**
 * A table that is being filled, or was lost, looks like one of few fingerprints. A refresh that finds
 * none, or fewer than this part of those in use, has failed.
 */
const LEAST_PART_KEPT = 0.5;

/** Nothing may be scored before they are there: a score without fingerprints would be wrong. */
export function followFingerprints(options: {
  readonly client: ClickHouseClient;
  readonly refreshMs: number;
  /** Pause between tries while there are none at all. */
  readonly firstRetryMs: number;
  readonly log: Log;
  readonly onTables: (tables: FingerprintTables) => void;
}): Followed<FingerprintTables> {
  const { client, log, refreshMs, firstRetryMs } = options;
  return follow<FingerprintTables>({
    name: 'fingerprints',
    load: () => readFingerprintTables(client),
    refuse: (next, inUse) =>
      shrinkage('fingerprints_dns', next.dns.length, inUse?.dns.length) ??
      shrinkage('fingerprints_http', next.http.length, inUse?.http.length),
    isWhole: ({ dns, http }) => dns.length > 0 && http.length > 0,
    describe: ({ dns, http }) => ({ dns: dns.length, http: http.length }),
    onValue(tables, inUse) {
      if (inUse === undefined && tables.dns.length + tables.http.length === 0)
        log.warning(
          'the fingerprint tables are empty: no measurement will be confirmed; fill them',
        );
      options.onTables(tables);
    },
    refreshMs,
    firstRetryMs,
    advice:
      'scoring begins when ClickHouse answers, measurements wait in pending/; check that the server runs and that `ooni-api migrate` was run',
    log,
  });
}

/** Why a table that lost so many rows is not believed; undefined when it is. */
function shrinkage(table: string, found: number, inUse: number | undefined): string | undefined {
  if (inUse === undefined || (found === 0 ? inUse === 0 : found >= inUse * LEAST_PART_KEPT))
    return undefined;
  return `${table} has ${found} rows, after ${inUse}: taken only at the next start, fill the table`;
}
