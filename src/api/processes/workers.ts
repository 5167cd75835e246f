/** The worker processes together: how they are started, what they stored, their metrics, their end. */
import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import type { Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { makeMetricsMemory } from './metricsMemory.ts';
import { WORKER_SETUP, type WorkerMetrics, type WorkerSetup } from './workerMessages.ts';
import { makeWorkerSlot, type WorkerSlot } from './workerSlot.ts';

export interface Workers {
  /** Resolves when all listen for the first time; rejects with FatalError when one cannot. */
  readonly listening: Promise<void>;
  /** Workers that listen now. */
  readonly running: number;
  /** Measurements stored since the start, by all that ever ran. */
  readonly stored: number;
  /** Whether the disk refused measurements of any of them lately. */
  readonly storingFails: boolean;
  /** Times that a worker was started again. */
  readonly restarts: number;
  /** Metrics of each, as old as its last answer, and the counts of those that ended. */
  metrics(): Promise<WorkerMetrics[]>;
  /** Has all finish their requests; resolves when they have ended. */
  stop(timeoutMs: number): Promise<void>;
}

export interface WorkersOptions {
  readonly count: number;
  /** Starts the process of one of them. */
  readonly spawn: (index: number) => ChildProcess;
  readonly log: Log;
}

const LOOK_EVERY_MS = 1_000;

export function startWorkers({ count, spawn, log }: WorkersOptions): Workers {
  const memory = makeMetricsMemory<ChildProcess>();
  const pauseMs = makeRestartPauses();
  let allListen: () => void;
  let unable: (error: Error) => void;
  const listening = new Promise<void>((resolve, reject) => {
    allListen = resolve;
    unable = reject;
  });
  // Somebody may have given up waiting before it is known.
  listening.catch(() => {});
  let restarts = 0;
  let started = false;

  const running = () => slots.filter(({ listens }) => listens).length;
  const slots: readonly WorkerSlot[] = Array.from({ length: count }, (_, index) =>
    makeWorkerSlot({
      spawn: () => spawn(index),
      pauseMs,
      onListening() {
        if (started || running() < count) return;
        started = true;
        allListen();
      },
      onUnable(reason, exitCode) {
        if (started) log.err('a worker cannot start', { reason });
        else unable(new FatalError(reason, exitCode));
      },
      onNews(news) {
        for (const [at, slot] of slots.entries()) if (at !== index) slot.tellNews(news);
      },
      onMetrics: memory.heard,
      onGone: memory.ended,
      onEnded() {
        restarts++;
      },
      log,
    }),
  );
  const lookTimer = setInterval(() => {
    for (const slot of slots) slot.look();
  }, LOOK_EVERY_MS);

  return {
    listening,
    get running() {
      return running();
    },
    get stored() {
      return slots.reduce((sum, { stored }) => sum + stored, 0);
    },
    get storingFails() {
      return slots.some(({ storingFails }) => storingFails);
    },
    get restarts() {
      return restarts;
    },
    async metrics() {
      await Promise.all(slots.map((slot) => slot.askMetrics()));
      return memory.all();
    },
    async stop(timeoutMs) {
      clearInterval(lookTimer);
      const killTimer = setTimeout(() => {
        for (const slot of slots) slot.kill();
      }, timeoutMs);
      await Promise.all(slots.map((slot) => slot.stop()));
      clearTimeout(killTimer);
    },
  };
}

const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;
/** A worker that ran this long was not failing to start: the pauses begin anew. */
const STEADY_MS = 60_000;

/** Pauses before a worker is started again, growing together for all: what fails often fails for all. */
export function makeRestartPauses(): (ranMs: number) => number {
  let nextMs = FIRST_PAUSE_MS;
  return (ranMs) => {
    if (ranMs > STEADY_MS) nextMs = FIRST_PAUSE_MS;
    const pauseMs = nextMs;
    nextMs = Math.min(nextMs * 2, MAX_PAUSE_MS);
    return pauseMs;
  };
}

/** File descriptor under which a worker has the first socket of systemd: after stdio and the channel. */
const FIRST_WORKER_LISTEN_FD = 4;
/** Each stored measurement waits for the disk in a thread of Node's pool, whose own default is 4. */
const THREAD_POOL_SIZE = '16';

/**
 * How a worker's process is started. `listenFds`, sockets of systemd in this process, are inherited, and
 * each worker accepts from them by itself; without any node:cluster opens one and deals out the
 * connections.
 */
export function workerSpawner(options: {
  readonly count: number;
  readonly setup: Omit<WorkerSetup, 'listenFds' | 'lane'>;
  readonly listenFds: readonly number[];
}): (index: number) => ChildProcess {
  const { count, setup, listenFds } = options;
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  // Large tables of numbers are told, and are not to become text for it.
  const serialization = 'advanced';
  cluster.setupPrimary({ args: [], stdio: [...stdio], serialization });
  const environmentOf = (index: number) => ({
    [WORKER_SETUP]: JSON.stringify({
      ...setup,
      listenFds: listenFds.map((_, at) => FIRST_WORKER_LISTEN_FD + at),
      lane: { index, count },
    } satisfies WorkerSetup),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? THREAD_POOL_SIZE,
  });
  return (index) =>
    listenFds.length === 0
      ? cluster.fork(environmentOf(index)).process
      : fork(process.argv[1]!, [], {
          env: { ...process.env, ...environmentOf(index) },
          stdio: [...stdio, ...listenFds],
          serialization,
        });
}
