/** How far a replay is: a bar on a terminal, a line now and then where standard error goes elsewhere. */
import { Presets, SingleBar } from 'cli-progress';
import { type Level, type Log, makeLog, underJournald } from '../../log/log.ts';

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

export function openProgress(
  level: Level,
  stream: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Progress {
  const logTo = (write: (line: string) => void) =>
    makeLog({ level, journald: underJournald(), write });
  return stream.isTTY ? openBar(stream, logTo) : openLines(logTo((line) => stream.write(line)));
}

const STEPS = 10_000;

function openBar(
  stream: NodeJS.WritableStream,
  logTo: (write: (line: string) => void) => Log,
): Progress {
  const bar = new SingleBar(
    {
      format:
        '{bar} {percentage}% {at}: {objects} objects, {rows} rows, {failed} failed, {perSecond}/s, {eta_formatted} left',
      stream,
      hideCursor: true,
      clearOnComplete: true,
      forceRedraw: true,
      fps: 4,
    },
    Presets.shades_classic,
  );
  const startedMs = Date.now();
  let started = false;
  return {
    // The bar draws itself again on the line below.
    log: logTo((line) => stream.write(started ? `\r\x1b[K${line}` : line)),
    show(fraction, at, counts) {
      const perSecond = Math.round((counts.measurements * 1000) / (Date.now() - startedMs + 1));
      const payload = { at, ...counts, perSecond };
      if (started) bar.update(Math.floor(fraction * STEPS), payload);
      else bar.start(STEPS, Math.floor(fraction * STEPS), payload);
      started = true;
    },
    stop() {
      if (started) bar.stop();
      started = false;
    },
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
