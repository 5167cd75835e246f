/** How far a replay is: a bar on a terminal, a line now and then where standard error goes elsewhere. */
import { type Level, type Log, makeLog, underJournald } from '../../log/log.ts';
import { openProgressBar, type ProgressBar, type Terminal } from '../../program/progressBar.ts';

export interface Counts {
  /** Taken from the archive, whatever became of them. */
  measurements: number;
  /** Confirmed by ClickHouse. */
  rows: number;
  /** Without row by the rules (protocol, scoring 1 step 4). */
  discarded: number;
  /** Of other countries or tests than were asked for. */
  unwanted: number;
  /** Lines `{}`. */
  empty: number;
  /** Not read, not scored or refused by ClickHouse: each is in the log. */
  failed: number;
  objects: number;
  damagedObjects: number;
}

export function noCounts(): Counts {
  return {
    measurements: 0,
    rows: 0,
    discarded: 0,
    unwanted: 0,
    empty: 0,
    failed: 0,
    objects: 0,
    damagedObjects: 0,
  };
}

export interface Progress {
  /** Its lines go around the bar. */
  readonly log: Log;
  /** `fraction`: of all there is to do, from 0 to 1. `at`: what is being read. */
  show(fraction: number, at: string, counts: Counts): void;
  stop(): void;
}

export function openProgress(level: Level, stream: Terminal): Progress {
  const bar = openProgressBar('{percentage}% {text}, {eta_formatted} left', stream);
  const log = makeLog({ level, journald: underJournald(), write: bar.write });
  return stream.isTTY ? openBar(bar, log) : openLines(log);
}

const STEPS = 10_000;

function openBar(bar: ProgressBar, log: Log): Progress {
  const startedMs = Date.now();
  return {
    log,
    show(fraction, at, { objects, measurements, rows, failed }) {
      const perSecond = Math.round((measurements * 1000) / (Date.now() - startedMs + 1));
      const text = `${at}: ${objects} objects, ${rows} rows, ${failed} failed, ${perSecond}/s`;
      bar.update(Math.floor(fraction * STEPS), STEPS, text);
    },
    stop: () => bar.stop(),
  };
}

const LINE_EVERY_MS = 30_000;

function openLines(log: Log): Progress {
  let lastMs = Date.now();
  return {
    log,
    show(fraction, at, { objects, measurements, rows, failed }) {
      if (Date.now() - lastMs < LINE_EVERY_MS) return;
      lastMs = Date.now();
      const percent = (fraction * 100).toFixed(1);
      log.info('replaying', { at, percent, objects, measurements, rows, failed });
    },
    stop() {},
  };
}
