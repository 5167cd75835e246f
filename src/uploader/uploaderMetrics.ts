/**
 * What a run leaves for node_exporter's textfile collector. The program ends after each run, so
 * counts over all runs are kept in the state folder.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Counter, Gauge, Registry } from 'prom-client';
import { z } from 'zod';
import { writeDurably } from '../disk/durable.ts';
import { isMissing } from '../disk/missing.ts';
import type { Manifest } from './can/manifest.ts';
import { parseStateJson } from './common/stateJson.ts';

const count = z.int().min(0).default(0);

const totalsSchema = z.object({
  cans: count,
  measurements: count,
  unparsed: count,
  post_bytes: count,
  tar_bytes: count,
  jsonl_bytes: count,
  quarantine_aged_out: count,
  runs: count,
  failed_runs: count,
  /** Milliseconds since 1970; 0: never. */
  last_success_ms: count,
});
/** Counts over all runs of this host. */
export type Totals = z.output<typeof totalsSchema>;

export interface TotalsFile {
  read(): Promise<Totals>;
  write(totals: Totals): Promise<void>;
}

export function totalsFile(stateDir: string): TotalsFile {
  const file = join(stateDir, 'totals.json');
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch((error) => {
        if (isMissing(error)) return '{}';
        throw error;
      });
      // Counters may begin again at 0; a file that is not theirs is worth no more.
      const parsed = parseStateJson(totalsSchema, text);
      return parsed.kind === 'ok' ? parsed.value : totalsSchema.parse({});
    },
    write: (totals) => writeDurably(file, `${JSON.stringify(totals)}\n`),
  };
}

export function addCan(totals: Totals, manifest: Manifest): void {
  totals.cans++;
  totals.measurements += manifest.measurements;
  totals.unparsed += manifest.unparsed;
  totals.post_bytes += manifest.post_bytes;
  totals.tar_bytes += manifest.tar_bytes;
  totals.jsonl_bytes += manifest.jsonl_bytes;
}

/** State of the spool and the log when a run ended. */
export interface Standing {
  readonly runSeconds: number;
  readonly waitingFolders: number;
  /** First moment of the oldest hour that is closed and still in the spool; undefined: none. */
  readonly oldestWaitingMs: number | undefined;
  readonly quarantined: number;
  readonly quarantineBytes: number;
  /** Removals that were begun and not finished. */
  readonly unfinishedRemovals: number;
  readonly logLeaves: number | undefined;
}

/** The text of the metrics file. */
export async function metricsText(totals: Totals, standing: Standing): Promise<string> {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, value: number) =>
    new Counter({ name: `ooni_uploader_${name}`, help, registers }).inc(value);
  const gauge = (name: string, help: string, value: number) =>
    new Gauge({ name: `ooni_uploader_${name}`, help, registers }).set(value);
  counter('runs_total', 'Runs', totals.runs);
  counter('failed_runs_total', 'Runs that ended with an error', totals.failed_runs);
  counter('cans_total', 'Cans published', totals.cans);
  counter('measurements_total', 'Measurements published', totals.measurements);
  counter(
    'unparsed_measurements_total',
    'Measurements published as {} because they could not be parsed',
    totals.unparsed,
  );
  counter('measurement_bytes_total', 'Bytes of the stored measurements', totals.post_bytes);
  const objects = new Counter({
    name: 'ooni_uploader_object_bytes_total',
    help: 'Bytes of the objects published',
    labelNames: ['kind'],
    registers,
  });
  objects.inc({ kind: 'tar' }, totals.tar_bytes);
  objects.inc({ kind: 'jsonl' }, totals.jsonl_bytes);
  gauge('run_duration_seconds', 'Duration of the last run', standing.runSeconds);
  gauge(
    'last_success_timestamp_seconds',
    'When a run last published all closed hours; 0: never',
    totals.last_success_ms / 1000,
  );
  gauge(
    'waiting_hour_folders',
    'Closed hour folders still in the spool after the last run',
    standing.waitingFolders,
  );
  gauge(
    'oldest_waiting_hour_timestamp_seconds',
    'Beginning of the oldest closed hour still in the spool after the last run; 0: none',
    (standing.oldestWaitingMs ?? 0) / 1000,
  );
  gauge('quarantined_measurements', 'Measurements in quarantine', standing.quarantined);
  counter(
    'quarantine_aged_out_total',
    'Measurements whose copies left quarantine, published since long',
    totals.quarantine_aged_out,
  );
  gauge('quarantine_bytes', 'Space that quarantine takes on the disk', standing.quarantineBytes);
  gauge(
    'unfinished_removals',
    'Removals that were begun and not finished',
    standing.unfinishedRemovals,
  );
  if (standing.logLeaves !== undefined)
    gauge('log_leaves', 'Entries of the published log', standing.logLeaves);
  return registry.metrics();
}

/** Replaces the file as a whole, as the collector wants it; readable for node_exporter, another user. */
export function writeMetrics(file: string, text: string): Promise<void> {
  return writeDurably(file, text, { folderToo: false, mode: 0o644 });
}
