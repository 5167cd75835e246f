/**
 * The scoring daemon: takes measurements from the intake, has them scored by the pool, hands rows to
 * the writer, and unlinks from `pending/` what ClickHouse has confirmed. A measurement's states, with
 * the files that move it on:
 *
 *     hinted ─┐ intake                 ┌─> quarantined ──────────────┐ outcomes, pendingUnlinks
 *             ├────────> in flight ────┼─> discarded ────────────────┤
 *     found ──┘ taker    scoring       └─> scored ─> batched ─> confirmed ─> left
 *                        (pool, worker)    scored    writer
 *
 * In flight (inFlight.ts) is all between taken and left. What is unreadable goes back to being found; what
 * the disk does not let go stays there, and is unlinked when it is found again. At any of
 * these the process may end: all but `left` is in `pending/`, and is found by the next one.
 */
import { existsSync } from 'node:fs';
import type { Worker } from 'node:worker_threads';
import type { FastpathConfig } from '../config/fastpath.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { listenForHints } from '../edge/hints/hintServer.ts';
import { forgetAttempts } from '../edge/spool/attempts.ts';
import type { Spool } from '../edge/spool/spool.ts';
import { readLeftWork, removeWorkNote } from '../edge/spool/workNotes.ts';
import type { Log } from '../log/log.ts';
import type { FastpathMetrics } from './fastpathMetrics.ts';
import { followFingerprints } from './fingerprintSource.ts';
import { makeInFlight } from './inFlight.ts';
import { makeIntake } from './intake.ts';
import { makeOutcomes } from './outcomes.ts';
import { watchPending } from './pendingGauges.ts';
import { makePendingUnlinks } from './pendingUnlinks.ts';
import { makePool } from './pool.ts';
import { clickHouseRowStore } from './rowStore.ts';
import { makeScoredHandler } from './scored.ts';
import { makeTaker } from './taker.ts';
import { makeWriter } from './writer.ts';

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
  /** Folder where scoring threads say what they are at; without one nobody knows after a crash. */
  readonly notes?: string | undefined;
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

const CLOSE_WITHIN_MS = 15_000;

export async function startDaemon(parts: DaemonParts): Promise<Daemon> {
  const { config, spool, log, metrics } = parts;
  const inFlight = makeInFlight();
  const left = parts.notes === undefined ? undefined : readLeftWork(parts.notes);
  const suspects = left?.uids.filter((uid) => existsSync(spool.pendingFile(uid))) ?? [];
  for (const uid of suspects) inFlight.suspect(uid);
  if (suspects.length > 0)
    log.warning(
      'the process before this one ended without being stopped: what it was at is scored one by one, before all else',
      { measurements: suspects.length },
    );
  const unlinks = makePendingUnlinks({
    spool,
    log,
    onFailure: () => metrics.removalFailures.inc(),
  });
  const take = () => taker.take();
  const outcomes = makeOutcomes({ spool, unlinks, inFlight, metrics, log, onLeft: take });

  const writer = makeWriter({
    store: clickHouseRowStore(parts.client),
    flushRows: config.flush_rows,
    flushBytes: config.flush_bytes,
    flushAfterMs: config.flush_after_ms,
    log,
    onStored: outcomes.stored,
    onRefused: (row, reason) => outcomes.quarantine(row.uid, reason),
    onRoom: take,
    onBatch: (rows, insertMs) => {
      metrics.batchRows.observe(rows);
      metrics.insertSeconds.observe(insertMs / 1000);
    },
    onFailure: () => metrics.insertFailures.inc(),
  });

  const scored = makeScoredHandler({ inFlight, writer, outcomes, metrics, log });
  const pool = makePool({
    threads: parts.threads,
    startThread: notedUntilExit(parts),
    measurementTimeoutMs: config.measurement_timeout_ms,
    onScored: (answer) => scored.handle(answer),
    onFatal: (uid, reason) => void outcomes.quarantine(uid, reason),
    onStuck: parts.onStuck,
    onRestart: () => metrics.threadRestarts.inc(),
    onStartFailed: (reason) =>
      log.err('a scoring thread does not start: trying again; check memory and the installation', {
        reason,
      }),
    onRoom: take,
  });

  const intake = makeIntake({
    listPending: () => spool.pending(),
    maxHints: config.max_hints,
    sweepIntervalMs: config.sweep_interval_ms,
    onReady: take,
  });

  const fingerprints = followFingerprints({
    client: parts.client,
    refreshMs: config.fingerprints_refresh_ms,
    firstRetryMs: Math.min(2_000, config.fingerprints_refresh_ms),
    log,
    onTables: (tables) => {
      pool.setFingerprints(tables);
      metrics.fingerprints.set({ table: 'fingerprints_dns' }, tables.dns.length);
      metrics.fingerprints.set({ table: 'fingerprints_http' }, tables.http.length);
    },
    onChecked: () => metrics.fingerprintsLoaded.set(Date.now() / 1000),
  });

  const taker = makeTaker({
    intake,
    pool,
    writer,
    inFlight,
    unlinks,
    pendingFile: spool.pendingFile,
    onCleared: () => left?.forget(),
    isReady: () => fingerprints.current !== undefined,
    log,
  });
  void fingerprints.loaded.then(take);

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
    hintSockets.map((at) => listenForHints(at, (uid) => intake.hint(uid), log)),
  );

  return {
    status() {
      const trouble = writer.inTrouble ? 'ClickHouse does not take rows; ' : '';
      const { dns, http } = fingerprints.current?.value ?? { dns: [], http: [] };
      return `${trouble}${scored.count} scored, ${pendingGauges.count} pending, ${dns.length + http.length} fingerprints`;
    },
    errors() {
      const errors: string[] = [];
      if (writer.inTrouble) errors.push('clickhouse_error');
      if (fingerprints.current === undefined) errors.push('no_fingerprints');
      return errors;
    },
    async close() {
      taker.stop();
      intake.close();
      fingerprints.close();
      pendingGauges.close();
      await Promise.all(hintServers.map((server) => server.close()));
      const deadlineMs = performance.now() + CLOSE_WITHIN_MS;
      const leftMs = () => Math.max(0, deadlineMs - performance.now());
      // Large ones that wait are left to the next process.
      const isWorking = () => inFlight.outsideWriter > inFlight.count('waiting');
      while (isWorking() && leftMs() > 0) await new Promise((resolve) => setTimeout(resolve, 10));
      await writer.close(leftMs());
      await pool.close();
      // Stopped, not killed by it.
      if (inFlight.alone !== undefined) forgetAttempts(spool.pendingFile(inFlight.alone));
    },
  };
}

/** A thread that ends leaves no note: what it was at is known, and put aside. */
function notedUntilExit({ notes, startThread }: DaemonParts): DaemonParts['startThread'] {
  if (notes === undefined) return startThread;
  return (resourceLimits) => {
    const thread = startThread(resourceLimits);
    const { threadId } = thread;
    return thread.once('exit', () => removeWorkNote(notes, threadId));
  };
}
