/**
 * `ooni-api fetch JOB…`: brings outside data up to date. A job that fails leaves what is there, says so in
 * one line, and keeps no other job from its turn.
 */
import { type ApiConfig, apiSchema } from '../../config/api.ts';
import { loadConfig } from '../../config/load.ts';
import type { Job } from '../../core/sources/job.ts';
import { JOBS } from '../../core/sources/jobs.ts';
import type { Version } from '../../core/sources/version.ts';
import { printable } from '../../core/text/printable.ts';
import { SourceTablesError } from '../../edge/clickhouse/sourceTables.ts';
import { patternFault } from '../../edge/sources/patternTime.ts';
import { readSource } from '../../edge/sources/readSource.ts';
import { errorText, type Log, openLog } from '../../log/log.ts';
import { type AddCommand, FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { type JobState, readState, writeJobMetrics, writeState } from '../fetch/jobState.ts';
import { downloadOptions, type OpenedJob, openJob } from '../fetch/openJob.ts';
import { type RunOutcome, runJob, takeBack } from '../fetch/runJob.ts';
import { serve } from './serveCommand.ts';

export interface FetchArguments {
  readonly config: string;
  readonly jobs: readonly string[];
  readonly dryRun: boolean;
  readonly list: boolean;
  readonly back: boolean;
  readonly acceptShrink: boolean;
  readonly again: boolean;
}

const ALL = 'all';
/** A cluster's hosts may take their time for an exchange of tables. */
const STATEMENT_TIMEOUT_MS = 200_000;
const VERSIONS_LISTED = 5;

const flag = (describe: string) => ({ type: 'boolean', default: false, describe }) as const;

export const addFetch: AddCommand = (cli, exit) =>
  cli.command(
    'fetch [job..]',
    'bring outside data up to date',
    (options) =>
      options
        .positional('job', {
          type: 'string',
          array: true,
          choices: [...JOBS.map(({ name }) => name), ALL],
          describe: 'what to fetch',
        })
        .option('dry-run', flag('say what would change, and change nothing'))
        .option('list', flag('say what is there, and when it was last looked for'))
        .option('back', flag('put in place again what was there before'))
        .option('accept-shrink', flag('take also what has lost more than it may'))
        .option('again', flag('take also what --back took away')),
    async (args) =>
      exit(
        args.checkConfig
          ? await serve(args)
          : await runFetch({ ...args, jobs: args.job ?? [] }, process.env),
      ),
  );

export async function runFetch(args: FetchArguments, env: NodeJS.ProcessEnv): Promise<number> {
  const jobs = chosenJobs(args);
  const config = loadConfig(args.config, apiSchema);
  const log = openLog(config.log_level);
  const client = clickHouseOf(config.clickhouse, args.config, 'ooni-api', {
    requestTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  try {
    let code: number = EXIT.ok;
    for (const job of jobs) {
      const opened = openJob(job, config, client);
      const one = args.list
        ? await listJob(opened, config)
        : await runOne(opened, args, config, log, env);
      if (one !== EXIT.ok) code = one;
    }
    return code;
  } finally {
    await client.close();
  }
}

function chosenJobs({ jobs, list, back, dryRun }: FetchArguments): readonly Job[] {
  if (jobs.length === 0 && !list)
    throw new FatalError(
      `fetch: what? ${JOBS.map(({ name }) => name).join(', ')} or ${ALL}`,
      EXIT.usage,
    );
  if (back && (dryRun || list)) throw new FatalError('--back: by itself', EXIT.usage);
  const all = jobs.length === 0 || jobs.includes(ALL);
  // One a second time would be asked for the same again.
  return JOBS.filter(({ name }) => all || jobs.includes(name));
}

async function runOne(
  opened: OpenedJob,
  args: FetchArguments,
  config: ApiConfig,
  log: Log,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { job, leastRows } = opened;
  const options = downloadOptions(config, env);
  const nowMs = Date.now();
  const run = {
    ...opened,
    dryRun: args.dryRun,
    acceptShrink: args.acceptShrink,
    again: args.again,
    read: (
      address: OpenedJob['addresses'][number],
      _job: Job,
      known: Readonly<Record<string, string>>,
    ) => readSource(address, job, known, options),
    patternFault,
    limits: { maxLossPercent: config.fetch.max_loss_percent, leastRows },
    nowMs,
    host: config.collector_id,
  };
  let code: number;
  let version: Version | undefined;
  try {
    if (args.back) {
      const outcome = await takeBack(run);
      code = sayBack(job, outcome, log);
      if (outcome.kind === 'back') version = { ...outcome.version, takenAtMs: nowMs };
    } else {
      const outcome = await runJob(run);
      code = say(job, outcome, log);
      if ('version' in outcome) version = outcome.version;
    }
  } catch (error) {
    code = sayFault(job, error, log);
  }
  const ran = args.back ? 'back' : code === EXIT.ok ? 'succeeded' : 'failed';
  if (!args.dryRun) await note(job, config, version, ran, log);
  return code;
}

function say(job: Job, outcome: RunOutcome, log: Log): number {
  for (const warning of outcome.warnings)
    log.warning(`${job.name}: a fault that did not stop it: ${warning}`);
  switch (outcome.kind) {
    case 'unchanged':
      log.info(`${job.name}: nothing new`, {
        rows: outcome.version.rows,
        sha256: outcome.version.sha256,
      });
      return EXIT.ok;
    case 'withdrawn':
      log.info(`${job.name}: the source still has what was taken back; --again takes it`, {
        sha256: outcome.sha256,
      });
      return EXIT.ok;
    case 'replaced': {
      const { rows, source, sha256 } = outcome.version;
      log.info(`${job.name}: put in place: ${outcome.changes.join('; ')}`, {
        rows,
        source,
        sha256,
      });
      return EXIT.ok;
    }
    case 'would-replace':
      for (const line of [`${job.name}: from ${outcome.version.source}`, ...outcome.changes])
        process.stdout.write(`${printable(line)}\n`);
      return EXIT.ok;
    case 'failed': {
      const advice = `try \`ooni-api fetch ${job.name} --dry-run\`, and see sources.md`;
      log.err(`${job.name}: nothing was taken, what is there stays in use; ${advice}`, {
        error: outcome.reasons.join('; '),
      });
      return outcome.refused ? EXIT.data : EXIT.unavailable;
    }
  }
}

function sayBack(job: Job, outcome: Awaited<ReturnType<typeof takeBack>>, log: Log): number {
  if (outcome.kind === 'nothing-before') {
    log.err(`${job.name}: there is no former content that could be put in place`);
    return EXIT.unavailable;
  }
  const { rows, source, sha256 } = outcome.version;
  log.info(`${job.name}: the former content is in use again`, { rows, source, sha256 });
  return EXIT.ok;
}

function sayFault(job: Job, error: unknown, log: Log): number {
  if (error instanceof SourceTablesError) {
    log.warning(`${job.name}: not fetched: ${error.message}`);
    return EXIT.tryAgain;
  }
  const where = job.replaces.kind === 'tables' ? 'ClickHouse' : 'the folder of sources';
  log.err(
    `${job.name}: ${where} did not take it, what is there stays in use; the next run tries again`,
    {
      error: errorText(error),
    },
  );
  return job.replaces.kind === 'tables' ? EXIT.unavailable : EXIT.io;
}

/** That it ran, for --list and for metrics. No fault of these is one of the job. */
async function note(
  job: Job,
  config: ApiConfig,
  version: Version | undefined,
  /** `back`: no source was asked, so it is no run of the job. */
  ran: 'succeeded' | 'failed' | 'back',
  log: Log,
): Promise<void> {
  try {
    const before = await readState(config.sources_dir, job);
    const state: JobState = {
      ...before,
      runs: before.runs + (ran === 'back' ? 0 : 1),
      failed_runs: before.failed_runs + (ran === 'failed' ? 1 : 0),
      ...(ran === 'succeeded' ? { last_success_ms: Date.now() } : {}),
      ...(version === undefined ? {} : { rows: version.rows, taken_at_ms: version.takenAtMs }),
    };
    await writeState(config.sources_dir, job, state);
    if (config.fetch.metrics_dir !== undefined)
      await writeJobMetrics(config.fetch.metrics_dir, job, state);
  } catch (error) {
    log.warning(
      `${job.name}: cannot note that it ran: check who may write to sources_dir and fetch.metrics_dir`,
      {
        error: errorText(error),
      },
    );
  }
}

async function listJob({ job, store, history }: OpenedJob, config: ApiConfig): Promise<number> {
  const write = (line: string) => process.stdout.write(`${printable(line)}\n`);
  const time = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z/, 'Z');
  try {
    const { last_success_ms } = await readState(config.sources_dir, job);
    const seen = last_success_ms === 0 ? 'never' : time(last_success_ms);
    // Known of this host also while ClickHouse is away.
    write(`${job.name}: last success on this host: ${seen}`);
    const current = await store.current();
    if (current === undefined) write('  in use: nothing that was fetched');
    else
      write(
        `  in use: since ${time(current.takenAtMs)} sha256 ${current.sha256} from ${current.source}`,
      );
    for (const [table, { rows }] of await store.held()) write(`  holds: ${table}: ${rows} rows`);
    for (const { kind, version, host } of await history.read(job.name, VERSIONS_LISTED))
      write(
        `  ${time(version.takenAtMs)} ${kind} by host ${host}: ${version.rows} rows, sha256 ${version.sha256}`,
      );
    return EXIT.ok;
  } catch (error) {
    write(`${job.name}: cannot tell what is in use: ${errorText(error)}`);
    return EXIT.unavailable;
  }
}
