/** The fingerprints of the daemon: read from ClickHouse, refreshed, kept when a refresh fails. */
import type { FingerprintTables } from '../core/fingerprints/fingerprint.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import {
  type ReadFingerprints,
  readFingerprintMark,
  readFingerprintTables,
} from '../edge/clickhouse/fingerprintTables.ts';
import type { Log } from '../log/log.ts';
import { type Followed, follow } from '../program/follow.ts';

/**
 * A table that is being filled, or was lost, looks like one of few fingerprints. A refresh that finds
 * none, or fewer than this part of those in use, has failed.
 */
const LEAST_PART_KEPT = 0.5;

/** How often the tables are asked whether they were replaced, which costs next to nothing. */
const CHECK_MS = 30_000;

/** A set as it was read. */
export interface KnownFingerprints extends ReadFingerprints {
  readonly readAtMs: number;
}

/** Nothing may be scored before they are there: a score without fingerprints would be wrong. */
export function followFingerprints(options: {
  readonly client: ClickHouseClient;
  /** Tables that look the same are read again after so long: who filled them by hand may have changed a row. */
  readonly refreshMs: number;
  /** How often they are looked at. */
  readonly checkMs?: number;
  /** Pause between tries while there are none at all. */
  readonly firstRetryMs: number;
  readonly log: Log;
  readonly onTables: (tables: FingerprintTables) => void;
  /** The tables were looked at, and what is in use is what they hold. */
  readonly onChecked?: () => void;
}): Followed<KnownFingerprints> {
  const { client, log, refreshMs, firstRetryMs } = options;
  let inUse: KnownFingerprints | undefined;
  return follow<KnownFingerprints>({
    name: 'fingerprints',
    async load() {
      const mark = await readFingerprintMark(client);
      const known =
        inUse?.mark.text === mark.text && performance.now() - inUse.readAtMs < refreshMs;
      if (known) return inUse!;
      return { ...(await readFingerprintTables(client, mark)), readAtMs: performance.now() };
    },
    refuse: (next, before) =>
      // What was fetched was compared with what was there, and an operator may have wanted less.
      next === before || next.mark.sha256 !== undefined
        ? undefined
        : (shrinkage('fingerprints_dns', next.dns.length, before?.dns.length) ??
          shrinkage('fingerprints_http', next.http.length, before?.http.length)),
    isWhole: ({ dns, http }) => dns.length > 0 && http.length > 0,
    describe: ({ dns, http, mark }) => ({
      dns: dns.length,
      http: http.length,
      sha256: mark.sha256,
    }),
    onValue(tables, before) {
      if (before === undefined && tables.dns.length + tables.http.length === 0)
        log.warning(
          'the fingerprint tables are empty: no measurement will be confirmed; run ooni-api fetch fingerprints',
        );
      if (tables !== before) options.onTables(tables);
      options.onChecked?.();
      inUse = tables;
    },
    refreshMs: Math.min(refreshMs, options.checkMs ?? CHECK_MS),
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
