/**
 * The `replay` command: scores archived measurements again and upserts their rows (docs/replay.md).
 * Wiring of the parts in ../replay; arguments are in ../replay/replayArguments.ts.
 */
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream/promises';
import type { Worker } from 'node:worker_threads';
import { type FastpathConfig, fastpathSchema } from '../../config/fastpath.ts';
import { ConfigError, loadLayers } from '../../config/load.ts';
import type { FingerprintTables } from '../../core/fingerprints/fingerprint.ts';
import { isSetSha256, parseFingerprintSet } from '../../core/fingerprints/fingerprintSet.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import {
  readFingerprintFiles,
  readFingerprintTables,
} from '../../edge/clickhouse/fingerprintTables.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import type { Log } from '../../log/log.ts';
import { type ConfigArguments, checkedConfig, FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import type { Terminal } from '../../program/progressBar.ts';
import { stopSignal } from '../../program/signals.ts';
import { makeBatchReplayer } from '../replay/batch.ts';
import { watchOutage } from '../replay/outage.ts';
import {
  parseReplayRequest,
  type ReplayArguments,
  type ReplayRequest,
  requestText,
} from '../replay/replayArguments.ts';
import type { ReplayThreadData } from '../replay/replayMessages.ts';
import { type Plan, planBucket, planFiles } from '../replay/replayPlan.ts';
import { type Counts, noCounts, openProgress } from '../replay/replayProgress.ts';
import { makeRows } from '../replay/replayRows.ts';
import { runReplay } from '../replay/replayRun.ts';
import { noResume, openResume, type Resume } from '../replay/resume.ts';
import { makeScorer } from '../replay/scorer.ts';

/** Makes a thread that runs runReplayThread(workerData). */
export type StartThread = (options: {
  readonly workerData: ReplayThreadData;
  readonly resourceLimits: { maxOldGenerationSizeMb: number };
}) => Worker;

/** The process around the command. */
export interface Surroundings {
  /** Takes the list of a dry run. */
  readonly list: NodeJS.WritableStream;
  /** Takes log and progress. */
  readonly log: Terminal;
  /** The next signal to stop. */
  stopSignal(): Promise<NodeJS.Signals>;
}

const PROCESS: Surroundings = { list: process.stdout, log: process.stderr, stopSignal };

const GIVE_UP_AFTER_MS = 300_000;
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGINT: 2, SIGTERM: 15 };

/** Returns the exit code. Throws FatalError and ConfigError. */
export async function replayCommand(
  args: ConfigArguments & ReplayArguments,
  startThread: StartThread,
  around = PROCESS,
): Promise<number> {
  const loaded = loadLayers(args.config, fastpathSchema);
  const { config } = loaded;
  if (args.checkConfig) {
    around.list.write(checkedConfig(loaded, args.show));
    return EXIT.ok;
  }
  const request = parseReplayRequest(args);
  const store = request.files.length === 0 ? bucketOf(config, args.config) : undefined;
  const resume =
    request.resume === undefined
      ? noResume
      : await openResume(request.resume, requestText(request, store?.name));
  try {
    const { range } = request.filter;
    const plan =
      store === undefined || range === undefined
        ? planFiles(request.files, request.filter)
        : planBucket(store, { ...request.filter, range }, request.layouts);
    if (request.dryRun) return await list(plan, resume, around.list);
    return await score({
      request,
      config,
      configFile: args.config,
      plan,
      resume,
      startThread,
      around,
    });
  } finally {
    await resume.close();
    store?.close();
  }
}

function bucketOf(config: FastpathConfig, configFile: string): ObjectStore {
  if (config.s3 !== undefined) return openObjects(config.s3, configFile);
  throw new ConfigError(
    configFile,
    's3.bucket',
    'missing: expected the bucket to read, unless files are named as arguments',
  );
}

async function list(plan: Plan, resume: Resume, stream: NodeJS.WritableStream): Promise<number> {
  async function* lines() {
    for await (const { name: unit, objects } of plan.units(resume.isUnitDone))
      for (const { name, sizeBytes } of objects)
        if (!resume.isObjectDone(unit, name.key)) yield `${sizeBytes}\t${name.key}\n`;
  }
  try {
    await pipeline(lines, stream, { end: false });
  } catch (error) {
    // A reader that leaves early, such as `head`, is no error.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
  return EXIT.ok;
}

async function score(parts: {
  readonly request: ReplayRequest;
  readonly config: FastpathConfig;
  readonly configFile: string;
  readonly plan: Plan;
  readonly resume: Resume;
  readonly startThread: StartThread;
  readonly around: Surroundings;
}): Promise<number> {
  const { request, config, configFile, plan, resume, around } = parts;
  const progress = openProgress(config.log_level, around.log);
  const { log } = progress;
  const client = clickHouseOf(config.clickhouse, configFile, 'ooni-fastpath replay');
  const counts = noCounts();
  const startedMs = Date.now();

  let abort!: (reason: FatalError) => void;
  const aborted = new Promise<FatalError>((resolve) => {
    abort = resolve;
  });
  const { url } = config.clickhouse;
  const outage = watchOutage(GIVE_UP_AFTER_MS, (cause, why) =>
    abort(
      new FatalError(
        why === 'refused'
          ? `ClickHouse at ${url} refuses what a replay asks: check that \`ooni-api migrate\` was run, and the grants of the user in fastpath.toml; then run the same command again (with --resume it goes on from here)`
          : `ClickHouse at ${url} has not answered for ${GIVE_UP_AFTER_MS / 60_000} minutes: when it does, run the same command again (with --resume it goes on from here)`,
        EXIT.unavailable,
        { cause },
      ),
    ),
  );
  let signal: string | undefined;
  const stop = around.stopSignal().then((first) => {
    signal = first;
    // Listened for before it is offered.
    void around.stopSignal().then(() => abort(new Stopped(first)));
    log.info('stopping after the objects that are being read; a second signal stops at once');
  });

  let scorer: ReturnType<typeof makeScorer> | undefined;
  try {
    const fingerprints = await loadFingerprints(client, url, request.fingerprints);
    const { countries, tests } = request.filter;
    scorer = makeScorer({
      threads: config.workers || availableParallelism(),
      startThread: (resourceLimits) =>
        parts.startThread({ resourceLimits, workerData: { replay: { countries, tests } } }),
      measurementTimeoutMs: config.measurement_timeout_ms,
      fingerprints,
      log,
    });
    const rows = makeRows({ client, outage, log });
    const ended = await runReplay({
      plan,
      replayer: makeBatchReplayer({ scorer, rows, client, outage, counts, log }),
      rows,
      resume,
      counts,
      log,
      rate: request.rate,
      stop,
      abort: aborted,
      onProgress: (fraction, at) => progress.show(fraction, at, counts),
    });
    progress.stop();
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    log.info(ended === 'all' ? 'replay done' : 'replay stopped before its end', {
      ...counts,
      seconds,
    });
    if (ended === 'stopped') return exitCodeOf(signal);
    return judge(counts, resume.hasDone, log);
  } catch (error) {
    progress.stop();
    log.info('replay ended before its end', { ...counts });
    if (error instanceof Stopped) return exitCodeOf(error.message);
    throw error;
  } finally {
    await scorer?.close();
    await client.close();
  }
}

/** The exit code of a replay that came to its end. One that did nothing says so. */
function judge(counts: Counts, wentOn: boolean, log: Log): number {
  const { objects, damagedObjects, measurements, failed } = counts;
  if (damagedObjects > 0) return EXIT.io;
  if (measurements > 0 && failed === measurements) {
    log.err('no measurement could be replayed: the reason of each is above', { failed });
    return EXIT.data;
  }
  if (objects === 0 && !wentOn)
    log.warning(
      'nothing was replayed: no object is of these days, countries and tests; check --since, --until, --country, --test and --layout',
    );
  else if (measurements === 0 && !wentOn)
    log.warning('nothing was replayed: there is no measurement in these objects', { objects });
  return EXIT.ok;
}

/** A second signal: everything ends at once. */
class Stopped extends FatalError {
  constructor(signal: string) {
    super(signal, EXIT.unavailable);
  }
}

/** As a shell reports a program that the signal ended, so that scripts do not go on. */
function exitCodeOf(signal: string | undefined): number {
  return 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
}

/** Throws FatalError: with no fingerprints a replay would take `confirmed` from every row. */
async function loadFingerprints(client: ClickHouseClient, url: string, sha256?: string) {
  let tables: FingerprintTables;
  try {
    tables =
      sha256 === undefined
        ? await readFingerprintTables(client)
        : await readKeptSet(client, sha256);
  } catch (cause) {
    if (cause instanceof FatalError) throw cause;
    throw new FatalError(
      `cannot read fingerprints from ClickHouse at ${url}: check that the server runs, that \`ooni-api migrate\` was run, and url, user and password in the config`,
      EXIT.unavailable,
      { cause },
    );
  }
  if (tables.dns.length + tables.http.length === 0)
    throw new FatalError(
      'the fingerprint tables are empty: a replay would take the confirmed flag from every row; fill them first',
      EXIT.unavailable,
    );
  return tables;
}

/** A set that was in use, by its hash. */
async function readKeptSet(client: ClickHouseClient, sha256: string): Promise<FingerprintTables> {
  const files = isSetSha256(sha256) ? await readFingerprintFiles(client, sha256) : undefined;
  const tables = files && parseFingerprintSet(sha256, ...files);
  if (tables !== undefined) return tables;
  throw new FatalError(
    `--fingerprints: expected the SHA-256 of a set in the table fingerprint_sets (ooni-api fetch fingerprints --list), found "${sha256}"`,
    EXIT.usage,
  );
}
