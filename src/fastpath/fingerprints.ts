/** The fingerprint set of the daemon: read from ClickHouse, refreshed, kept when a refresh fails. */
import type { Fingerprint } from '../core/fingerprints/parse.ts';
import type { ClickHouseClient } from '../edge/clickhouse/client.ts';
import { readFingerprints } from '../edge/clickhouse/fingerprints.ts';
import { errorText, type Log } from '../log/log.ts';

export interface FingerprintSource {
  /** Resolves when the first set was loaded: nothing may be scored before that. */
  readonly loaded: Promise<void>;
  /** Fingerprints now in use, and when they were read (milliseconds since 1970). */
  readonly current: { readonly dns: number; readonly http: number; readonly loadedAtMs: number };
  close(): void;
}

export function followFingerprints(options: {
  readonly client: ClickHouseClient;
  readonly refreshMs: number;
  /** Pause between tries while there is no set at all. */
  readonly firstRetryMs: number;
  readonly log: Log;
  readonly onSet: (dns: readonly Fingerprint[], http: readonly Fingerprint[]) => void;
}): FingerprintSource {
  const { client, log } = options;
  let current = { dns: 0, http: 0, loadedAtMs: 0 };
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failedBefore = false;
  let resolveLoaded!: () => void;
  const loaded = new Promise<void>((resolve) => {
    resolveLoaded = resolve;
  });

  const refresh = async () => {
    try {
      const [dns, http] = await Promise.all([
        readFingerprints(client, 'fingerprints_dns'),
        readFingerprints(client, 'fingerprints_http'),
      ]);
      if (closed) return;
      options.onSet(dns, http);
      if (dns.length + http.length === 0)
        log.warning(
          'the fingerprint tables are empty: no measurement will be confirmed; fill them',
        );
      else if (current.dns !== dns.length || current.http !== http.length || failedBefore)
        log.info('fingerprints loaded', { dns: dns.length, http: http.length });
      current = { dns: dns.length, http: http.length, loadedAtMs: Date.now() };
      failedBefore = false;
      resolveLoaded();
    } catch (error) {
      if (closed) return;
      if (current.loadedAtMs > 0)
        log.warning('cannot refresh fingerprints: the set in use is kept', {
          error: errorText(error),
        });
      else if (!failedBefore)
        log.err(
          'cannot read fingerprints from ClickHouse: scoring begins when it answers, measurements wait in pending/; check that the server runs and that `ooni-api migrate` was run',
          { error: errorText(error) },
        );
      failedBefore = true;
    }
    if (!closed)
      timer = setTimeout(
        () => void refresh(),
        current.loadedAtMs > 0 ? options.refreshMs : options.firstRetryMs,
      );
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
