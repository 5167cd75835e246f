/**
 * The place of one worker process, which outlives the processes in it:
 *
 *     starting ── listens ──────> listening     listening ── no sign of life ──> silent
 *     starting ── exit ─────────> pausing       listening ── exit ─────────────> pausing
 *     pausing ─── after a pause > starting      silent ───── exit (killed) ────> pausing
 *     any ─────── stop ─────────> stopped
 *
 * What its processes stored is added up over all of them.
 */
import type { ChildProcess } from 'node:child_process';
import { errorText, type Fields, type Log } from '../../log/log.ts';
import type { FollowedNews } from '../followed/sharing.ts';
import type { FromWorker, ToWorker, WorkerMetrics } from './workerMessages.ts';

export type WorkerState =
  /** Its process loads; how long it takes is not looked at. */
  | 'starting'
  | 'listening'
  /** Its process was killed for giving no sign of life, and has not ended yet. */
  | 'silent'
  /** Its process has ended; another one is started later. */
  | 'pausing'
  /** Its process was told to end, and has no successor. */
  | 'stopped';

export interface WorkerSlotOptions {
  readonly spawn: () => ChildProcess;
  /** The pause before a successor of a process that ran for so long. */
  readonly pauseMs: (ranMs: number) => number;
  readonly onListening: () => void;
  /** It says that it cannot start. */
  readonly onUnable: (reason: string, exitCode: number) => void;
  /** What one worker has read for all of them. */
  readonly onNews: (news: FollowedNews) => void;
  readonly onMetrics: (process: ChildProcess, metrics: WorkerMetrics) => void;
  /** The process has ended, asked to or not. */
  readonly onGone: (process: ChildProcess) => void;
  /** It ended without being asked to, and gets a successor. */
  readonly onEnded: () => void;
  readonly log: Log;
}

export interface WorkerSlot {
  readonly state: WorkerState;
  /** It has a process that takes requests, be it the last ones. */
  readonly listens: boolean;
  /** Measurements stored by all its processes. */
  readonly stored: number;
  readonly storingFails: boolean;
  /**
   * To be called once a second. Signs of life are counted in looks, not in time: a suspended host must
   * not cost healthy workers their lives.
   */
  look(): void;
  /** Resolves when onMetrics has been called; a process that is busy, or ends, is not waited for. */
  askMetrics(): Promise<void>;
  /** Passes on what another worker has read. */
  tellNews(news: FollowedNews): void;
  /** Has its process finish its requests; resolves when it has ended. */
  stop(): Promise<void>;
  kill(): void;
}

/** Looks without a sign of life before a process is ended; a large body may keep it for seconds. */
export const MAX_SILENT_LOOKS = 60;
/** A worker that is busy with a large body is not waited for: its last metrics count. */
const METRICS_TIMEOUT_MS = 3_000;

/** Starts its first process at once. */
export function makeWorkerSlot(options: WorkerSlotOptions): WorkerSlot {
  const { log } = options;
  let state: WorkerState = 'starting';
  let child: ChildProcess | undefined;
  let startedMs = 0;
  let listens = false;
  let silentLooks = 0;
  let stored = 0;
  let storedByEnded = 0;
  let storingFails = false;
  let pauseTimer: NodeJS.Timeout | undefined;
  let metricsNumber = 0;
  const metricsAsked = new Map<number, () => void>();

  const heard = (from: ChildProcess, message: FromWorker) => {
    // What is left of one that ended.
    if (from !== child) return;
    switch (message.kind) {
      case 'listening':
        listens = true;
        if (state === 'starting') state = 'listening';
        options.onListening();
        break;
      case 'stats':
        ({ stored, storingFails } = message);
        silentLooks = 0;
        break;
      case 'metrics':
        options.onMetrics(from, message.metrics);
        metricsAsked.get(message.number)?.();
        break;
      case 'followed':
        options.onNews(message);
        break;
      case 'unable':
        options.onUnable(message.reason, message.exitCode);
    }
  };

  const ended = (process: ChildProcess, how: Fields) => {
    if (process !== child) return;
    child = undefined;
    listens = false;
    storedByEnded += stored;
    stored = 0;
    storingFails = false;
    options.onGone(process);
    for (const settle of [...metricsAsked.values()]) settle();
    if (state === 'stopped') return;
    state = 'pausing';
    options.onEnded();
    const pauseMs = options.pauseMs(performance.now() - startedMs);
    log.err('a worker ended unexpectedly: starting another; its last lines say why', {
      pid: process.pid,
      ...how,
      restart_in_ms: pauseMs,
    });
    pauseTimer = setTimeout(start, pauseMs);
  };

  const start = () => {
    state = 'starting';
    startedMs = performance.now();
    silentLooks = 0;
    const process = options.spawn();
    child = process;
    process.on('message', (message: FromWorker) => heard(process, message));
    process.once('exit', (code, signal) => ended(process, { code, signal }));
    process.once('error', (error) => ended(process, { error: errorText(error) }));
  };
  start();

  return {
    get state() {
      return state;
    },
    get listens() {
      return listens;
    },
    get stored() {
      return storedByEnded + stored;
    },
    get storingFails() {
      return storingFails;
    },
    look() {
      if (state !== 'listening' || ++silentLooks < MAX_SILENT_LOOKS) return;
      state = 'silent';
      log.err('a worker does not answer: ending it', { pid: child?.pid });
      child?.kill('SIGKILL');
    },
    async askMetrics() {
      if (child === undefined) return;
      const asked = child;
      await new Promise<void>((resolve) => {
        const number = metricsNumber++;
        const settle = () => {
          clearTimeout(timer);
          metricsAsked.delete(number);
          resolve();
        };
        const timer = setTimeout(settle, METRICS_TIMEOUT_MS);
        metricsAsked.set(number, settle);
        tell(asked, { kind: 'metrics', number });
      });
    },
    tellNews(news) {
      if (child !== undefined) tell(child, news);
    },
    async stop() {
      state = 'stopped';
      clearTimeout(pauseTimer);
      if (child === undefined) return;
      const stopping = child;
      const exit = new Promise<void>((resolve) => {
        stopping.once('exit', () => resolve());
      });
      tell(stopping, { kind: 'stop' });
      await exit;
    },
    kill() {
      child?.kill('SIGKILL');
    },
  };
}

/** A worker that has just ended does not mind. */
function tell(process: ChildProcess, message: ToWorker): void {
  process.send(message, () => {});
}
