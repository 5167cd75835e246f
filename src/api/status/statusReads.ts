/**
 * What operators are shown, from what is there already: the spool, the tables, the notes of runs, and what
 * this process knows of its workers. Each part stands for itself: what cannot be read hides nothing else.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiConfig } from '../../config/api.ts';
import { fileCounts } from '../../core/endpoints/bulk/fileCounts.ts';
import { readQuery } from '../../core/endpoints/endpoint.ts';
import { uidReceivedMs } from '../../core/measurement/measurementUid.ts';
import type { JobName } from '../../core/sources/job.ts';
import { JOBS } from '../../core/sources/jobs.ts';
import type { Query } from '../../core/sql/query.ts';
import { versionsQuery } from '../../core/sql/sourceTables.ts';
import {
  type HourScored,
  lastLoggedQuery,
  scoredByHourQuery,
} from '../../core/sql/statusQueries.ts';
import { type HourCounts, hourCounts, lastHours } from '../../core/status/hourCounts.ts';
import { isLate, publishingIsLate, uploadsAreLate } from '../../core/status/late.ts';
import { metricValue } from '../../core/status/metricValue.ts';
import { DAY_MS, dayText } from '../../core/time/days.ts';
import { hourStartMs } from '../../core/time/hours.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { roomOf } from '../../edge/spool/freeSpace.ts';
import { openHours } from '../../edge/spool/hours.ts';
import { quarantineUsage } from '../../edge/spool/quarantineSpace.ts';
import type { Spool } from '../../edge/spool/spool.ts';
import { errorText } from '../../log/log.ts';
import { readState } from '../fetch/jobState.ts';

/** A part of the page, or why it is not there. */
export type Part<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'trouble'; readonly problem: string };

export interface SpoolStatus {
  readonly freeBytes: number;
  readonly leastFreeBytes: number;
  /** In `incoming/`: received, and not published yet. */
  readonly waiting: number;
  /** More wait than are counted for a page. */
  readonly isMore: boolean;
  /** `YYYYMMDDHH`; undefined: none waits. */
  readonly oldestHour: string | undefined;
  readonly publishingIsLate: boolean;
  /** In `pending/`: received, and not scored yet. */
  readonly pending: number;
  /** Receipt of the oldest of them. */
  readonly oldestPendingMs: number | undefined;
  readonly quarantined: number;
}

export interface TimerStatus {
  readonly unit: string;
  /** 0: never. */
  readonly lastSuccessMs: number;
  readonly runs: number;
  readonly failedRuns: number;
  readonly isLate: boolean;
}

export interface SourceStatus {
  readonly job: JobName;
  readonly source: string;
  readonly takenAtMs: number;
  readonly rows: number;
}

export interface Status {
  readonly atMs: number;
  /** What is wrong now, a sentence each, in English as in `systemctl status`. */
  readonly faults: readonly string[];
  readonly workers: { readonly running: number; readonly count: number; readonly restarts: number };
  /** Since the start. */
  readonly stored: number;
  readonly spool: Part<SpoolStatus>;
  readonly hours: Part<readonly HourCounts[]>;
  readonly lastPublishedMs: Part<number>;
  readonly timers: readonly Part<TimerStatus>[];
  readonly sources: Part<readonly SourceStatus[]>;
}

export interface StatusParts {
  readonly config: ApiConfig;
  /** Of the database that the workers read. */
  readonly client: ClickHouseClient;
  readonly spool: Pick<Spool, 'pending'>;
  readonly faults: () => readonly string[];
  readonly workers: () => Status['workers'] & { readonly stored: number };
}

const HOURS = 24;
/** A page that waits for the database is no help when the database is what is wrong. */
const QUERY_TIMEOUT_MS = 5_000;
/** Names are read for it, one by one: a spool of millions is told as `more`. */
const MAX_COUNTED = 200_000;
const UPLOADER_METRICS = 'ooni-uploader.prom';

/** Never throws. */
export async function readStatus(parts: StatusParts, nowMs: number): Promise<Status> {
  const { config, client } = parts;
  const ask = <Row>(query: Query) => rowsOf<Row>(client, query);
  const spoolHours = part(() => countSpool(config.spool_dir));
  const [spool, hours, lastPublishedMs, timers, sources] = await Promise.all([
    part(async () => spoolStatus(parts, mustHave(await spoolHours), nowMs)),
    part(async () => hoursOf(ask, mustHave(await spoolHours).byHour, nowMs)),
    part(async () => {
      const [row] = await ask<{ at_ms: number }>(lastLoggedQuery(config.collector_id));
      return row?.at_ms ?? 0;
    }),
    Promise.all([
      ...(config.fetch.metrics_dir === undefined
        ? []
        : [part(() => uploaderTimer(config.fetch.metrics_dir!, nowMs))]),
      ...JOBS.map((job) =>
        part(async (): Promise<TimerStatus> => {
          const state = await readState(config.sources_dir, job);
          return {
            unit: `ooni-api-fetch@${job.name}`,
            lastSuccessMs: state.last_success_ms,
            runs: state.runs,
            failedRuns: state.failed_runs,
            isLate: isLate(state.last_success_ms, job.periodSeconds, nowMs),
          };
        }),
      ),
    ]),
    part(() => sourcesOf(ask)),
  ]);
  const { stored, ...workers } = parts.workers();
  return {
    atMs: nowMs,
    faults: parts.faults(),
    workers,
    stored,
    spool,
    hours,
    lastPublishedMs,
    timers,
    sources,
  };
}

async function part<Value>(read: () => Promise<Value>): Promise<Part<Value>> {
  try {
    return { kind: 'ok', value: await read() };
  } catch (error) {
    return { kind: 'trouble', problem: errorText(error) };
  }
}

function mustHave<Value>(found: Part<Value>): Value {
  if (found.kind === 'ok') return found.value;
  throw new Error(found.problem);
}

type Ask = <Row>(query: Query) => Promise<Row[]>;

async function rowsOf<Row>(client: ClickHouseClient, query: Query): Promise<Row[]> {
  const result = await client.query({
    query: query.sql,
    query_params: query.values,
    format: 'JSONEachRow',
    abort_signal: AbortSignal.timeout(QUERY_TIMEOUT_MS),
    clickhouse_settings: {
      max_execution_time: QUERY_TIMEOUT_MS / 1_000,
      readonly: '2',
      cancel_http_readonly_queries_on_client_close: 1,
    },
  });
  return result.json<Row>();
}

interface Counted {
  readonly byHour: ReadonlyMap<string, number>;
  readonly total: number;
  readonly isMore: boolean;
}

/** The measurements in `incoming/`, by hour of receipt, the oldest first. */
async function countSpool(spoolDir: string): Promise<Counted> {
  const hours = openHours(spoolDir);
  const byHour = new Map<string, number>();
  let total = 0;
  for (const folder of await hours.folders()) {
    if (total >= MAX_COUNTED) return { byHour, total, isMore: true };
    const { measurements } = await hours.count(folder);
    if (measurements === 0) continue;
    total += measurements;
    byHour.set(folder.hour, (byHour.get(folder.hour) ?? 0) + measurements);
  }
  return { byHour, total, isMore: false };
}

async function spoolStatus(
  { config, spool }: StatusParts,
  counted: Counted,
  nowMs: number,
): Promise<SpoolStatus> {
  const [{ freeBytes }, quarantine] = await Promise.all([
    roomOf(config.spool_dir),
    quarantineUsage(config.spool_dir),
  ]);
  let pending = 0;
  let oldest: string | undefined;
  for await (const { text } of spool.pending()) {
    if (++pending > MAX_COUNTED) break;
    if (oldest === undefined || text < oldest) oldest = text;
  }
  const [oldestHour] = counted.byHour.keys();
  const oldestPendingMs = oldest === undefined ? Number.NaN : uidReceivedMs(oldest);
  return {
    freeBytes,
    leastFreeBytes: config.min_free_bytes,
    waiting: counted.total,
    isMore: counted.isMore || pending > MAX_COUNTED,
    oldestHour,
    publishingIsLate: oldestHour !== undefined && publishingIsLate(oldestHour, nowMs),
    pending,
    // A uid may name a day that its month has not.
    oldestPendingMs: Number.isNaN(oldestPendingMs) ? undefined : oldestPendingMs,
    quarantined: quarantine.entries,
  };
}

async function hoursOf(
  ask: Ask,
  spool: ReadonlyMap<string, number>,
  nowMs: number,
): Promise<readonly HourCounts[]> {
  const hours = lastHours(nowMs, HOURS);
  const first = hours.at(-1)!;
  const query = new URLSearchParams({
    by: 'hour',
    since: dayText(hourStartMs(first)),
    until: dayText(nowMs + DAY_MS),
  });
  const read = readQuery(fileCounts, query, nowMs);
  if (read.kind !== 'ok') throw new Error('the days of the last hours are none');
  const [scored, published] = await Promise.all([
    ask<HourScored>(scoredByHourQuery(first, hours[0]!)),
    ask<{ name: string; measurement_count: number }>(fileCounts.queries(read.asked, nowMs).counts!),
  ]);
  return hourCounts(hours, {
    spool,
    scored: new Map(scored.map(({ hour, rows }) => [hour, rows])),
    published: new Map(
      published.map(({ name, measurement_count }) => [name.replace('T', ''), measurement_count]),
    ),
  });
}

/** By the text that a run leaves for node_exporter, where it leaves one beside those of the fetches. */
async function uploaderTimer(folder: string, nowMs: number): Promise<TimerStatus> {
  const text = await readFile(join(folder, UPLOADER_METRICS), 'utf8');
  const value = (name: string) => metricValue(text, `ooni_uploader_${name}`) ?? 0;
  const lastSuccessMs = value('last_success_timestamp_seconds') * 1_000;
  return {
    unit: 'ooni-uploader',
    lastSuccessMs,
    runs: value('runs_total'),
    failedRuns: value('failed_runs_total'),
    isLate: uploadsAreLate(lastSuccessMs, nowMs),
  };
}

async function sourcesOf(ask: Ask): Promise<readonly SourceStatus[]> {
  const found = await Promise.all(
    JOBS.map(async ({ name }): Promise<SourceStatus | undefined> => {
      const [version] = await ask<{ source: string; rows: number; taken_at_ms: number }>(
        versionsQuery(name, 1),
      );
      return (
        version && {
          job: name,
          source: version.source,
          takenAtMs: version.taken_at_ms,
          rows: version.rows,
        }
      );
    }),
  );
  return found.filter((version) => version !== undefined);
}
