/**
 * The scoring daemon: takes measurements from the intake, has them scored by the pool, hands rows to
 * the writer, and unlinks from `pending/` what ClickHouse has confirmed.
 */
import type { Worker } from 'node:worker_threads';
import type { FastpathConfig } from '../config/fastpath.ts';
import { uidReceivedMs } from '../core/measurement/measurementUid.ts';
import type { ClickHouseClient } from '../edge/clickhouse/client.ts';
import { listenForHints } from '../edge/hints/server.ts';
import { forgetAttempts } from '../edge/spool/attempts.ts';
import type { Spool } from '../edge/spool/spool.ts';
import { errorText, type Log } from '../log/log.ts';
import { oncePer } from '../log/oncePer.ts';
import { makeDepartures } from './departures.ts';
import { followFingerprints } from './fingerprints.ts';
import { makeIntake } from './intake.ts';
import type { Scored } from './messages.ts';
import { type FastpathMetrics, testNameLabel, testNameLabelOfUid } from './metrics.ts';
import { watchPending } from './pendingGauges.ts';
import { makePool } from './pool.ts';
import { clickHouseRowStore } from './rowStore.ts';
import { makeWriter, type PendingRow } from './writer.ts';

export interface DaemonParts {
  readonly config: FastpathConfig;
  readonly spool: Spool;
  readonly client: ClickHouseClient;
  readonly log: Log;
  readonly metrics: FastpathMetrics;
  readonly threads: number;
  readonly startThread: (resourceLimits: { maxOldGenerationSizeMb: number }) => Worker;
  /** All scoring threads hang: ends the process. */
  readonly onStuck: () => void;
  /** Sockets from systemd; none: the one of the config is opened. */
  readonly socketFds: readonly number[];
}

export interface Daemon {
  /** One line on how it is doing, for `systemctl status`. */
  status(): string;
  /** Codes of what keeps it from scoring now. */
  errors(): string[];
  /** Finishes what is in flight. */
  close(): Promise<void>;
}

const SAY_UNREADABLE_EVERY_MS = 60_000;
const CLOSE_WITHIN_MS = 15_000;

export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { config, spool, log, metrics } = parts;
  /** Taken from the intake and not yet done with, and whether a predecessor may have stored it. */
  const inFlight = new Map<string, { readonly mayBeStored: boolean }>();
  /** Waiting until no other large one is being scored. */
  const large: string[] = [];
  let largeRunning: string | undefined;
  const sayUnreadable = oncePer(SAY_UNREADABLE_EVERY_MS);
  let taking = false;
  /** Something changed since take() last looked. */
  let wanted = false;
  let closing = false;
  let scored = 0;

  const departures = makeDepartures({ log, onFailure: () => metrics.removalFailures.inc() });

  const leave = async (uid: string, step: () => Promise<void>, done: () => void) => {
    await departures.leave(uid, step, done);
    inFlight.delete(uid);
    take();
  };

  const quarantine = (uid: string, reason: string) => {
    let kept: 'kept' | 'full';
    return leave(
      uid,
      async () => {
        kept = await spool.quarantinePending(uid, reason);
      },
      () => {
        if (kept === 'kept')
          log.warning('measurement quarantined', { measurement_uid: uid, reason });
        else {
          metrics.quarantineFull.inc();
          log.warning(
            'measurement not scored, without a copy in quarantine/, which is full: see quarantine_max_bytes; it is archived all the same',
            { measurement_uid: uid, reason },
          );
        }
        metrics.measurements.inc({ test_name: testNameLabelOfUid(uid), outcome: 'quarantine' });
      },
    );
  };

  const writer = makeWriter({
    store: clickHouseRowStore(parts.client),
    flushRows: config.flush_rows,
    flushBytes: config.flush_bytes,
    flushAfterMs: config.flush_after_ms,
    log,
    onStored: async (row, wasStored) => {
      const seconds = (Date.now() - uidReceivedMs(row.uid)) / 1000;
      // How late a predecessor's row was is not known.
      if (!wasStored && Number.isFinite(seconds))
        metrics.receiptToRowSeconds.observe(Math.max(0, seconds));
      log.debug('row stored', { measurement_uid: row.uid });
      await leave(
        row.uid,
        () => spool.unlinkPending(row.uid),
        () => metrics.measurements.inc({ test_name: testNameLabel(row.testName), outcome: 'row' }),
      );
    },
    onRefused: (row, reason) => quarantine(row.uid, reason),
    onRoom: () => take(),
    onBatch: (rows, insertMs) => {
      metrics.batchRows.observe(rows);
      metrics.insertSeconds.observe(insertMs / 1000);
    },
    onFailure: () => metrics.insertFailures.inc(),
  });

  const onScored = (answer: Scored) => {
    const { uid, result } = answer;
    if (result.kind === 'large') {
      large.push(uid);
      take();
      return;
    }
    if (uid === largeRunning) largeRunning = undefined;
    scored++;
    metrics.measurementBytes.inc(answer.sizeBytes);
    switch (result.kind) {
      case 'row': {
        metrics.scoringSeconds.observe(
          { test_name: testNameLabel(result.testName) },
          answer.scoringMs / 1000,
        );
        const mayBeStored = inFlight.get(uid)?.mayBeStored ?? false;
        writer.add({ uid, ...result, mayBeStored } satisfies PendingRow);
        break;
      }
      case 'discard':
        log.debug('measurement without row', { measurement_uid: uid, reason: result.reason });
        void leave(
          uid,
          () => spool.unlinkPending(uid),
          () => {
            metrics.measurements.inc({ test_name: testNameLabelOfUid(uid), outcome: 'discard' });
            metrics.discarded.inc({ reason: result.reason });
          },
        );
        break;
      case 'quarantine':
        void quarantine(uid, result.reason);
        break;
      case 'foreign':
        log.err(
          'what is in pending/ was not put there by ooni-api: moved to quarantine/, not read; find out who did, see /usr/share/doc/ooni-common/security.md',
          { measurement_uid: uid, reason: result.reason },
        );
        void quarantine(uid, result.reason);
        break;
      case 'unreadable':
        metrics.unreadable.inc();
        sayUnreadable((unsaid) =>
          log.err(
            'cannot read a pending measurement: it stays for a later sweep; check the disk and the permissions of the spool',
            { measurement_uid: uid, error: result.reason, not_logged: unsaid || undefined },
          ),
        );
        inFlight.delete(uid);
        break;
      case 'gone':
        inFlight.delete(uid);
    }
    take();
  };

  const pool = makePool({
    threads: parts.threads,
    startThread: parts.startThread,
    measurementTimeoutMs: config.measurement_timeout_ms,
    onScored,
    onFatal: (uid, reason) => {
      if (uid === largeRunning) largeRunning = undefined;
      void quarantine(uid, reason);
    },
    onStuck: parts.onStuck,
    onRestart: () => metrics.threadRestarts.inc(),
    onStartFailed: (reason) =>
      log.err('a scoring thread does not start: trying again; check memory and the installation', {
        reason,
      }),
    onRoom: () => take(),
  });

  const intake = makeIntake({
    listPending: () => spool.pending(),
    maxHints: config.max_hints,
    sweepIntervalMs: config.sweep_interval_ms,
    onReady: () => take(),
  });

  /** The memory that measurements take is bounded for one large one at a time. */
  const takeLarge = () => {
    if (closing || largeRunning !== undefined || pool.room() <= 0) return;
    const uid = large.shift();
    if (uid === undefined) return;
    largeRunning = uid;
    pool.score({ uid, file: spool.pendingFile(uid), large: true });
  };

  const takeWhileRoom = async () => {
    takeLarge();
    // What is being scored will need room in the writer.
    while (!closing && pool.room() > 0 && writer.room() > inFlight.size - writer.waitingRows) {
      const candidate = await intake.next();
      if (candidate === undefined) return;
      if (inFlight.has(candidate.uid) || (await departures.again(candidate.uid))) continue;
      inFlight.set(candidate.uid, { mayBeStored: candidate.mayBeStored });
      pool.score({ uid: candidate.uid, file: spool.pendingFile(candidate.uid) });
    }
  };

  /** Moves measurements from the intake to the pool for as long as all have room. */
  const take = () => {
    wanted = true;
    if (taking || fingerprints.current.loadedAtMs === 0) return;
    taking = true;
    void (async () => {
      try {
        while (wanted) {
          wanted = false;
          await takeWhileRoom();
        }
      } catch (error) {
        log.err('cannot read pending/: trying again at the next sweep; check the disk', {
          error: errorText(error),
        });
      } finally {
        taking = false;
      }
    })();
  };

  const fingerprints = followFingerprints({
    client: parts.client,
    refreshMs: config.fingerprints_refresh_ms,
    firstRetryMs: Math.min(2_000, config.fingerprints_refresh_ms),
    log,
    onSet: (dns, http) => {
      pool.setFingerprints(dns, http);
      metrics.fingerprints.set({ table: 'fingerprints_dns' }, dns.length);
      metrics.fingerprints.set({ table: 'fingerprints_http' }, http.length);
      metrics.fingerprintsLoaded.set(Date.now() / 1000);
    },
  });
  void fingerprints.loaded.then(() => take());

  const pendingGauges = watchPending({
    pending: () => spool.pending(),
    onCount: ({ count, oldestAgeMs }) => {
      metrics.pending.set(count);
      metrics.oldestPendingSeconds.set(oldestAgeMs / 1000);
      metrics.droppedHints.set(intake.droppedHints);
    },
    log,
  });

  const hintSockets =
    parts.socketFds.length === 0
      ? [{ path: config.socket }]
      : parts.socketFds.map((fd) => ({ fd }));
  const hintServers = await Promise.all(
    hintSockets.map((at) => listenForHints(at, (uid) => intake.hint(uid))),
  );

  return {
    status() {
      const trouble = writer.inTrouble ? 'ClickHouse does not take rows; ' : '';
      const { dns, http } = fingerprints.current;
      return `${trouble}${scored} scored, ${pendingGauges.count} pending, ${dns + http} fingerprints`;
    },
    errors() {
      const errors: string[] = [];
      if (writer.inTrouble) errors.push('clickhouse_error');
      if (fingerprints.current.loadedAtMs === 0) errors.push('no_fingerprints');
      return errors;
    },
    async close() {
      closing = true;
      intake.close();
      fingerprints.close();
      pendingGauges.close();
      await Promise.all(hintServers.map((server) => server.close()));
      const deadlineMs = Date.now() + CLOSE_WITHIN_MS;
      while (inFlight.size > writer.waitingRows && Date.now() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await writer.close(Math.max(0, deadlineMs - Date.now()));
      await pool.close();
      // Stopped, not killed by it.
      if (largeRunning !== undefined) forgetAttempts(spool.pendingFile(largeRunning));
    },
  };
}
