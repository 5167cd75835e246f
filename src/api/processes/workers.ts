/**
 * Keeps a number of worker processes running: starts one again, with growing pauses, when it has
 * died, and ends one that gives no sign of life.
 */
import { type ChildProcess, fork } from 'node:child_process';
import cluster from 'node:cluster';
import { errorText, type Fields, type Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { makeMetricsMemory } from './metricsMemory.ts';
import {
  type FromWorker,
  type ToWorker,
  WORKER_SETUP,
  type WorkerMetrics,
  type WorkerSetup,
} from './workerMessages.ts';

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

/** File descriptor under which a worker has the first socket of systemd: after stdio and the channel. */
const FIRST_WORKER_LISTEN_FD = 4;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 30_000;
/** A worker that ran this long was not failing to start: the pauses begin anew. */
const STEADY_MS = 60_000;
/** Looks without a sign of life before a worker is ended; a large body may keep it for seconds. */
const LOOK_EVERY_MS = 1_000;
const MAX_SILENT_LOOKS = 60;
/** Each stored measurement waits for the disk in a thread of Node's pool, whose own default is 4. */
const THREAD_POOL_SIZE = '16';

/** A worker that is busy with a large body is not waited for: its last metrics count. */
const METRICS_TIMEOUT_MS = 3_000;

interface State {
  /** Which of the workers it is; its successor is the same. */
  readonly index: number;
  readonly child: ChildProcess;
  readonly startedMs: number;
  listening: boolean;
  stored: number;
  storingFails: boolean;
  silentLooks: number;
}

export function startWorkers(options: {
  readonly count: number;
  readonly setup: Omit<WorkerSetup, 'listenFds' | 'lane'>;
  /** Sockets of systemd in this process. */
  readonly listenFds: readonly number[];
  /** Called when a worker has ended unexpectedly. */
  readonly onEnded: () => void;
  readonly log: Log;
}): Workers {
  const { log, listenFds } = options;
  const states = new Set<State>();
  const metricsAsked = new Map<number, () => void>();
  const memory = makeMetricsMemory<State>();
  let allListen: () => void;
  let unable: (error: Error) => void;
  const listening = new Promise<void>((resolve, reject) => {
    allListen = resolve;
    unable = reject;
  });
  // Somebody may have given up waiting before it is known.
  listening.catch(() => {});
  let storedByEnded = 0;
  let restarts = 0;
  let metricsNumber = 0;
  let pauseMs = FIRST_PAUSE_MS;
  let started = false;
  let stopping = false;

  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  cluster.setupPrimary({ args: [], stdio: [...stdio] });
  const environmentOf = (index: number) => ({
    [WORKER_SETUP]: JSON.stringify({
      ...options.setup,
      listenFds: listenFds.map((_, at) => FIRST_WORKER_LISTEN_FD + at),
      lane: { index, count: options.count },
    } satisfies WorkerSetup),
    UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? THREAD_POOL_SIZE,
  });

  // Sockets of systemd are inherited, each worker accepts from them by itself; without any node:cluster
  // opens it and deals out the connections.
  const spawn = (index: number): ChildProcess =>
    listenFds.length === 0
      ? cluster.fork(environmentOf(index)).process
      : fork(process.argv[1]!, [], {
          env: { ...process.env, ...environmentOf(index) },
          stdio: [...stdio, ...listenFds],
        });

  const running = () => [...states].filter(({ listening }) => listening).length;

  const start = (index: number) => {
    const child = spawn(index);
    const state: State = {
      index,
      child,
      startedMs: performance.now(),
      listening: false,
      stored: 0,
      storingFails: false,
      silentLooks: 0,
    };
    states.add(state);
    child.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'listening':
          state.listening = true;
          if (!started && running() === options.count) {
            started = true;
            allListen();
          }
          break;
        case 'stats':
          state.stored = message.stored;
          state.storingFails = message.storingFails;
          state.silentLooks = 0;
          break;
        case 'metrics':
          // It may have ended meanwhile; then it is counted among those.
          if (states.has(state)) memory.heard(state, message.metrics);
          metricsAsked.get(message.number)?.();
          break;
        case 'unable':
          if (started) log.err('a worker cannot start', { reason: message.reason });
          else unable(new FatalError(message.reason, message.exitCode));
      }
    });
    child.once('exit', (code, signal) => ended(state, { code, signal }));
    child.once('error', (error) => ended(state, { error: errorText(error) }));
  };

  const ended = (state: State, how: Fields) => {
    if (!states.delete(state)) return;
    storedByEnded += state.stored;
    memory.ended(state);
    if (stopping) return;
    options.onEnded();
    if (performance.now() - state.startedMs > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
    log.err('a worker ended unexpectedly: starting another; its last lines say why', {
      pid: state.child.pid,
      ...how,
      restart_in_ms: pauseMs,
    });
    restarts++;
    setTimeout(() => {
      if (!stopping) start(state.index);
    }, pauseMs);
    pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS);
  };

  // Counted in looks, not in time: a suspended host must not cost healthy workers their lives.
  const lookTimer = setInterval(() => {
    for (const state of states) {
      if (!state.listening || ++state.silentLooks < MAX_SILENT_LOOKS) continue;
      log.err('a worker does not answer: ending it', { pid: state.child.pid });
      state.child.kill('SIGKILL');
    }
  }, LOOK_EVERY_MS);

  for (let index = 0; index < options.count; index++) start(index);

  return {
    listening,
    get running() {
      return running();
    },
    get stored() {
      return [...states].reduce((sum, { stored }) => sum + stored, storedByEnded);
    },
    get storingFails() {
      return [...states].some(({ storingFails }) => storingFails);
    },
    get restarts() {
      return restarts;
    },
    async metrics() {
      const answers = [...states].map(
        ({ child }) =>
          new Promise<void>((resolve) => {
            const number = metricsNumber++;
            const settle = () => {
              clearTimeout(timer);
              metricsAsked.delete(number);
              resolve();
            };
            const timer = setTimeout(settle, METRICS_TIMEOUT_MS);
            metricsAsked.set(number, settle);
            tell(child, { kind: 'metrics', number });
          }),
      );
      await Promise.all(answers);
      return memory.all();
    },
    async stop(timeoutMs) {
      stopping = true;
      clearInterval(lookTimer);
      const exits = [...states].map(({ child }) => {
        const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
        tell(child, { kind: 'stop' });
        return exit;
      });
      const killTimer = setTimeout(() => {
        for (const { child } of states) child.kill('SIGKILL');
      }, timeoutMs);
      await Promise.all(exits);
      clearTimeout(killTimer);
    },
  };
}

/** A worker that has just ended does not mind. */
function tell(child: ChildProcess, message: ToWorker): void {
  child.send(message, () => {});
}
