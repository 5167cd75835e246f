/** What is known of the runs of a job on this host, and its metrics for node_exporter's textfile collector. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Counter, Gauge, Registry } from 'prom-client';
import { z } from 'zod';
import type { Job } from '../../core/sources/job.ts';
import { writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';

const number = z.number().min(0).default(0);
const stateSchema = z.object({
  runs: number,
  failed_runs: number,
  /** Milliseconds since 1970; 0: never. */
  last_success_ms: number,
  /** When the content in use was put in place. */
  taken_at_ms: number,
  rows: number,
});
export type JobState = z.output<typeof stateSchema>;

const stateFile = (folder: string, job: Job) => join(folder, `${job.name}.state.json`);

export async function readState(folder: string, job: Job): Promise<JobState> {
  const text = await readFile(stateFile(folder, job), 'utf8').catch((error) => {
    if (isMissing(error)) return '{}';
    throw error;
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = {};
  }
  const parsed = stateSchema.safeParse(json);
  // Counters may begin again at 0; a file that is not theirs is worth no more.
  return parsed.success ? parsed.data : stateSchema.parse({});
}

/** The operators' page of the api reads it, another user. */
export function writeState(folder: string, job: Job, state: JobState): Promise<void> {
  const text = `${JSON.stringify(state)}\n`;
  return writeDurably(stateFile(folder, job), text, { folderToo: true, mode: 0o644 });
}

/** Replaces the file as a whole; readable for node_exporter, another user. */
export async function writeJobMetrics(folder: string, job: Job, state: JobState): Promise<void> {
  const text = await jobMetricsText(job, state);
  const file = join(folder, `ooni-fetch-${job.name}.prom`);
  await writeDurably(file, text, { folderToo: false, mode: 0o644 });
}

/** `data`: the job's name, since `job` is a word of Prometheus itself. */
export function jobMetricsText(job: Job, state: JobState): Promise<string> {
  const registry = new Registry();
  const of = { labelNames: ['data' as const], registers: [registry] };
  const labels = { data: job.name };
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name: `ooni_fetch_${name}`, help, ...of }).inc(labels, value);
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `ooni_fetch_${name}`, help, ...of }).set(labels, value);
  counter('runs_total', 'Runs', state.runs);
  counter('failed_runs_total', 'Runs that brought nothing that can be taken', state.failed_runs);
  gauge(
    'last_success_timestamp_seconds',
    'When a source was last asked and had nothing new, or what was taken; 0: never',
    state.last_success_ms / 1000,
  );
  gauge(
    'content_timestamp_seconds',
    'When the content in use was put in place; 0: unknown',
    state.taken_at_ms / 1000,
  );
  gauge('content_rows', 'Rows of the content in use', state.rows);
  gauge('period_seconds', 'How often the job should run', job.periodSeconds);
  return registry.metrics();
}
