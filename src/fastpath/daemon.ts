/**
 * The scoring daemon: takes measurements from the intake, has them scored by the pool, hands rows to
 * the writer, and unlinks from `pending/` what ClickHouse has confirmed.
 */
import type { Worker } from 'node:worker_threads';
import type { FastpathConfig } from '../config/fastpath.ts';
import { uidReceivedMs } from '../core/measurement/measurementUid.ts';
import type { ClickHouseClient } from '../edge/clickhouse/client.ts';
import { listenForHints } from '../edge/hints/server.ts';
import type { Spool } from '../edge/spool/spool.ts';
import { errorText, type Log } from '../log/log.ts';
import { followFingerprints } from './fingerprints.ts';
import { makeIntake } from './intake.ts';
import type { Scored } from './messages.ts';
import { type FastpathMetrics, testNameLabel } from './metrics.ts';
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
  /** Socket from systemd, where it passed one. */
  readonly socketFd: number | undefined;
}

export interface Daemon {
  /** One line on how it is doing, for `systemctl status`. */
  status(): string;
  /** Codes of what keeps it from scoring now. */
  errors(): string[];
  /** Finishes what is in flight. */
  close(): Promise<void>;
}

const COUNT_PENDING_EVERY_MS = 15_000;
const CLOSE_WITHIN_MS = 15_000;

export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { config, spool, log, metrics } = parts;
  /** Taken from the intake and not yet done with, and whether a predecessor may have stored it. */
  const inFlight = new Map<string, { readonly fromPredecessor: boolean }>();
  let taking = false;
  /** Something changed since take() last looked. */
  let wanted = false;
  let closing = false;
  let scored = 0;
  let pendingCount = 0;

  const quarantine = async (uid: string, reason: string) => {
    log.warning('measurement quarantined', { measurement_uid: uid, reason });
    metrics.measurements.inc({ test_name: 'other', outcome: 'quarantine' });
    await leave(uid, () => spool.quarantinePending(uid, reason));
  };

  /** Last step of a measurement; when the disk refuses it stays pending, and is done again later. */
  const leave = async (uid: string, step: () => Promise<void>) => {
    try {
      await step();
    } catch (error) {
      log.err(
        'cannot take a measurement out of pending/: it will be scored again; check the disk and the permissions of the spool',
        {
          measurement_uid: uid,
          error: errorText(error),
        },
      );
    }
    inFlight.delete(uid);
    take();
  };

  const writer = makeWriter({
    store: clickHouseRowStore(parts.client),
    flushRows: config.flush_rows,
    flushAfterMs: config.flush_after_ms,
    log,
    onStored: async (row) => {
      metrics.measurements.inc({ test_name: testNameLabel(row.testName), outcome: 'row' });
      metrics.receiptToRowSeconds.observe(Math.max(0, Date.now() - uidReceivedMs(row.uid)) / 1000);
      log.debug('row stored', { measurement_uid: row.uid });
      await leave(row.uid, () => spool.unlinkPending(row.uid));
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
    scored++;
    metrics.measurementBytes.inc(answer.sizeBytes);
    switch (result.kind) {
      case 'row': {
        metrics.scoringSeconds.observe(
          { test_name: testNameLabel(result.testName) },
          answer.scoringMs / 1000,
        );
        const fromPredecessor = inFlight.get(uid)?.fromPredecessor ?? false;
        writer.add({ uid, ...result, fromPredecessor } satisfies PendingRow);
        break;
      }
      case 'discard':
        log.debug('measurement without row', { measurement_uid: uid, reason: result.reason });
        metrics.measurements.inc({ test_name: 'other', outcome: 'discard' });
        metrics.discarded.inc({ reason: result.reason });
        void leave(uid, () => spool.unlinkPending(uid));
        break;
      case 'quarantine':
        void quarantine(uid, result.reason);
        break;
      case 'unreadable':
        log.err(
          'cannot read a pending measurement: it stays for a later sweep; check the disk and the permissions of the spool',
          {
            measurement_uid: uid,
            error: result.reason,
          },
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
    onFatal: (uid, reason) => void quarantine(uid, reason),
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

  const takeWhileRoom = async () => {
    // What is being scored will need room in the writer.
    while (!closing && pool.room() > 0 && writer.room() > inFlight.size - writer.waitingRows) {
      const candidate = await intake.next();
      if (candidate === undefined) return;
      if (inFlight.has(candidate.uid)) continue;
      inFlight.set(candidate.uid, { fromPredecessor: candidate.fromPredecessor });
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

  const countPending = async () => {
    let count = 0;
    let oldest = '~';
    for await (const { text } of spool.pending()) {
      count++;
      if (text < oldest) oldest = text;
    }
    pendingCount = count;
    metrics.pending.set(count);
    const ageMs = count === 0 ? 0 : Math.max(0, Date.now() - uidReceivedMs(oldest));
    metrics.oldestPendingSeconds.set(ageMs / 1000);
    metrics.droppedHints.set(intake.droppedHints);
  };
  let counting = false;
  const countTimer = setInterval(() => {
    if (counting) return;
    counting = true;
    countPending()
      .catch((error) => log.warning('cannot count pending/', { error: errorText(error) }))
      .finally(() => {
        counting = false;
      });
  }, COUNT_PENDING_EVERY_MS);

  const hintServer = await listenForHints(
    parts.socketFd === undefined ? { path: config.socket } : { fd: parts.socketFd },
    (uid) => intake.hint(uid),
  );

  return {
    status() {
      const trouble = writer.inTrouble ? 'ClickHouse does not take rows; ' : '';
      const { dns, http } = fingerprints.current;
      return `${trouble}${scored} scored, ${pendingCount} pending, ${dns + http} fingerprints`;
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
      clearInterval(countTimer);
      await hintServer.close();
      const deadlineMs = Date.now() + CLOSE_WITHIN_MS;
      while (inFlight.size > writer.waitingRows && Date.now() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await writer.close(Math.max(0, deadlineMs - Date.now()));
      await pool.close();
    },
  };
}
