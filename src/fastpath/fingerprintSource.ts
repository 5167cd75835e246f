/** The fingerprint set of the daemon: read from ClickHouse, refreshed, kept when a refresh fails. */
import type { Fingerprint } from '../core/fingerprints/fingerprint.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { readFingerprints } from '../edge/clickhouse/fingerprintTables.ts';
import { errorText, type Log } from '../log/log.ts';

export interface FingerprintSource {
  /** Resolves when the first set was loaded: nothing may be scored before that. */
  readonly loaded: Promise<void>;
  /** Fingerprints now in use, and when they were read (milliseconds since 1970). */
  readonly current: { readonly dns: number; readonly http: number; readonly loadedAtMs: number };
  close(): void;
}

/**
 * A table that is being filled, or was lost, looks like one of few fingerprints. A refresh that finds
 * none, or fewer than this part of those in use, has failed.
 */
const LEAST_PART_KEPT = 0.5;

export function followFingerprints(options: {
  readonly client: ClickHouseClient;
  readonly refreshMs: number;
  /** Pause between tries while there is no set at all; it grows when there is one. */
  readonly firstRetryMs: number;
  readonly log: Log;
  readonly onSet: (dns: readonly Fingerprint[], http: readonly Fingerprint[]) => void;
}): FingerprintSource {
  const { client, log } = options;
  let current = { dns: 0, http: 0, loadedAtMs: 0 };
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failedBefore = false;
  let retryMs = options.firstRetryMs;
  let resolveLoaded!: () => void;
  const loaded = new Promise<void>((resolve) => {
    resolveLoaded = resolve;
  });

  /** Throws when what was read must not take the place of the set in use. */
  const checkShrink = (table: string, found: number, inUse: number) => {
    if (found === 0 ? inUse > 0 : found < inUse * LEAST_PART_KEPT)
      throw new Error(
        `${table} has ${found} rows, after ${inUse}: taken only at the next start, fill the table`,
      );
  };

  const refresh = async () => {
    let failed = false;
    try {
      const [dns, http] = await Promise.all([
        readFingerprints(client, 'fingerprints_dns'),
        readFingerprints(client, 'fingerprints_http'),
      ]);
      if (closed) return;
      checkShrink('fingerprints_dns', dns.length, current.dns);
      checkShrink('fingerprints_http', http.length, current.http);
      options.onSet(dns, http);
      const isChanged = current.dns !== dns.length || current.http !== http.length;
      const isFirst = current.loadedAtMs === 0;
      if (dns.length + http.length === 0) {
        if (isFirst)
          log.warning(
            'the fingerprint tables are empty: no measurement will be confirmed; fill them',
          );
      } else if (isChanged || failedBefore)
        log.info('fingerprints loaded', { dns: dns.length, http: http.length });
      current = { dns: dns.length, http: http.length, loadedAtMs: Date.now() };
      failedBefore = false;
      resolveLoaded();
    } catch (error) {
      if (closed) return;
      failed = true;
      if (current.loadedAtMs > 0) {
        if (!failedBefore)
          log.warning('cannot refresh fingerprints: the set in use is kept, trying again', {
            error: errorText(error),
          });
      } else if (!failedBefore)
        log.err(
          'cannot read fingerprints from ClickHouse: scoring begins when it answers, measurements wait in pending/; check that the server runs and that `ooni-api migrate` was run',
          { error: errorText(error) },
        );
      failedBefore = true;
    }
    // Soon while something is amiss, and less often the longer it is.
    const isWhole = !failed && current.dns > 0 && current.http > 0;
    retryMs = isWhole ? options.firstRetryMs : Math.min(options.refreshMs, retryMs * 2);
    const untilNextMs = isWhole
      ? options.refreshMs
      : current.loadedAtMs === 0
        ? options.firstRetryMs
        : retryMs;
    if (!closed) timer = setTimeout(() => void refresh(), untilNextMs);
  };
  void refresh();

  return {
    loaded,
    get current() {
      return current;
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
