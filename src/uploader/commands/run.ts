/** `ooni-uploader run`: publishes all closed hours, or the hours that were asked for. */
import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { UploaderConfig } from '../../config/uploader.ts';
import type { HourFolder } from '../../core/measurement/spoolPaths.ts';
import { HOUR_MS, hourStartMs } from '../../core/time/hours.ts';
import { openOutlines } from '../../edge/layout/outlines.ts';
import type { UploadLimits } from '../../edge/objects/s3Upload.ts';
import { openHours } from '../../edge/spool/hours.ts';
import { quarantineUsage } from '../../edge/spool/quarantineSpace.ts';
import { errorText, type Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { diskAdvice } from '../../program/diskTrouble.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openProgressBar } from '../../program/progressBar.ts';
import { GOES_ON } from '../common/advice.ts';
import type { AfterStep } from '../common/afterStep.ts';
import { openCompressor } from '../common/compressor.ts';
import { checkClock, hourIsClosed } from '../publish/clockGuard.ts';
import { lockSpool, openParts } from '../publish/parts.ts';
import { runUploads } from '../publish/publishRun.ts';
import { waitingRemovals } from '../removal/removalPlan.ts';
import { addCan, metricsText, totalsFile, writeMetrics } from '../uploaderMetrics.ts';

export interface RunOptions {
  readonly config: UploaderConfig;
  readonly configFile: string;
  readonly log: Log;
  readonly now: () => number;
  /** Only this hour, `YYYYMMDDHH`. */
  readonly hour?: string | undefined;
  /** Publish hours that are not over too: for tests and trying things out. */
  readonly openHours?: boolean;
  readonly afterStep?: AfterStep;
  /** Of uploads to S3; for tests that stop between parts. */
  readonly uploadLimits?: UploadLimits;
}

/**
 * Hour folders built at once: while the main thread reads for one and writes for another, each core has one to
 * compress for.
 */
const BUILDS_PER_CORE = 2;
/** On however many cores: each takes some tens of megabytes. */
const MAX_BUILDS = 8;

/** Runs to the end. Throws FatalError with what an operator can do. */
export async function runCommand(options: RunOptions): Promise<void> {
  const { config, configFile, log, now } = options;
  const startedMs = now();
  const isDue = dueHours(options, startedMs);
  const lock = await lockSpool(config);
  const bar = openProgressBar('{value}/{total} hour folders {text}');
  try {
    await mkdir(config.state_dir, { recursive: true, mode: 0o750 });
    await checkClock(config.state_dir, startedMs);
    const totalsOnDisk = totalsFile(config.state_dir);
    const totals = await totalsOnDisk.read();
    totals.runs++;
    let logLeaves: number | undefined;
    // The first is the one to report: what follows it may be its consequence.
    const failures: unknown[] = [];
    try {
      const parts = await openParts(
        config,
        configFile,
        log,
        options.afterStep ?? (() => {}),
        options.uploadLimits,
      );
      try {
        let measurements = 0;
        await runUploads({
          ...parts,
          log,
          outlines: openOutlines(),
          build: {
            canMaxBytes: config.can_max_bytes,
            memberBytes: config.member_bytes,
            deflater: openCompressor(config, log),
          },
          builds: Math.min(BUILDS_PER_CORE * availableParallelism(), MAX_BUILDS),
          collectorId: config.collector_id,
          quarantineKeepDays: config.quarantine_keep_days,
          uploads: config.uploads,
          isDue,
          nowMs: startedMs,
          progress: {
            done(manifest) {
              addCan(totals, manifest);
              measurements += manifest.measurements;
            },
            agedOut(aged) {
              totals.quarantine_aged_out += aged;
            },
            folders: (through, of) => bar.update(through, of, `${measurements} measurements`),
          },
        });
      } finally {
        logLeaves = parts.transparencyLog.size;
        await parts.close();
      }
      if (options.hour === undefined) totals.last_success_ms = now();
    } catch (error) {
      totals.failed_runs++;
      failures.push(error);
    }
    await totalsOnDisk.write(totals).catch((error) => {
      log.warning('cannot keep the counts of this run: check the disk of state_dir', {
        problem: errorText(error),
      });
      failures.push(error);
    });
    if (config.metrics_textfile !== undefined) {
      const runSeconds = (now() - startedMs) / 1000;
      await spoolStanding(config, now())
        .then((standing) => metricsText(totals, { ...standing, runSeconds, logLeaves }))
        .then((text) => writeMetrics(config.metrics_textfile!, text))
        .catch((error) =>
          log.warning('cannot write the metrics file: check metrics_textfile and its folder', {
            problem: errorText(error),
          }),
        );
    }
    if (failures.length > 0) throw failures[0];
  } catch (error) {
    throw diskTrouble(error);
  } finally {
    bar.stop();
    await lock.release();
  }
}

/** Which hour folders are to be published. */
export function dueHours(options: RunOptions, nowMs: number): (folder: HourFolder) => boolean {
  const { hour, config } = options;
  const closed = (text: string) =>
    options.openHours === true || hourIsClosed(text, nowMs, config.close_margin_ms);
  if (hour === undefined) return (folder) => closed(folder.hour);
  if (!closed(hour)) {
    const closesMs = hourStartMs(hour) + HOUR_MS + config.close_margin_ms;
    throw new FatalError(
      `the hour ${hour} is not over: measurements may still come in until ${new Date(closesMs).toISOString()}`,
      EXIT.usage,
    );
  }
  return (folder) => folder.hour === hour;
}

/** Errors of the disk with what to do; others as they are. */
function diskTrouble(error: unknown): unknown {
  if (error instanceof FatalError || !(error instanceof Error) || !('syscall' in error))
    return error;
  return new FatalError(
    `trouble with the disk: ${GOES_ON}. Check the disk and who may write to the spool and to state_dir; ${diskAdvice(error, 'the spool or of state_dir')}`,
    EXIT.io,
    { cause: error },
  );
}

/** What waits in the spool, for the metrics. */
export async function spoolStanding(
  config: UploaderConfig,
  nowMs: number,
): Promise<{
  readonly waitingFolders: number;
  readonly oldestWaitingMs: number | undefined;
  readonly quarantined: number;
  readonly quarantineBytes: number;
  readonly unfinishedRemovals: number;
}> {
  const waiting = (await openHours(config.spool_dir).folders()).filter(({ hour }) =>
    hourIsClosed(hour, nowMs, config.close_margin_ms),
  );
  const quarantine = await quarantineUsage(config.spool_dir);
  return {
    waitingFolders: waiting.length,
    oldestWaitingMs: waiting[0] === undefined ? undefined : hourStartMs(waiting[0].hour),
    quarantined: quarantine.entries,
    quarantineBytes: quarantine.bytes,
    unfinishedRemovals: (await waitingRemovals(config.state_dir)).length,
  };
}
