/** What is done by timers: files of metrics that node_exporter can read, published hours, outside data. */
import { dirname, join } from 'node:path';
import { isLate, uploadsAreLate } from '../../core/status/late.ts';
import { metricValue } from '../../core/status/metricValue.ts';
import { AS_ROOT, type Finding, fault, ok, page, unseen } from '../finding.ts';
import { type Read, readIfThere, run } from '../host.ts';

/** How often each job of `ooni-api fetch` runs, by name. */
export const PERIODS_S: Readonly<Record<string, number>> = {
  fingerprints: 3_600,
  'test-lists': 1_800,
  geoip: 86_400,
  'as-names': 86_400,
};

const EXPORTERS = page('metrics', 'Exporters');
const readable = (file: string) => `chmod 644 ${file}; chmod 755 ${dirname(file)}`;

/** `file`: what the setting `key` names. */
export function judgeTextFile(key: string, file: string, read: Read): Finding {
  if (read.kind === 'missing')
    return fault(
      `metrics: ${file} of ${key} is not there`,
      `did it run since it was set? Is its folder there? ${EXPORTERS}`,
    );
  if (read.kind === 'denied')
    return fault(`metrics: ${file} of ${key} cannot be read`, readable(file));
  if ((read.stats.mode & 0o004) === 0)
    return fault(`metrics: ${file} of ${key} cannot be read by node_exporter`, readable(file));
  return ok(`metrics: node_exporter can read ${file}`);
}

/** By the uploader's own file of metrics. */
export function judgeUploads(text: string, nowMs: number): Finding[] {
  const seconds = metricValue(text, 'ooni_uploader_last_success_timestamp_seconds');
  if (seconds === undefined) return [];
  const lastMs = seconds * 1_000;
  const when = lastMs === 0 ? 'never' : `last at ${new Date(lastMs).toISOString()}`;
  if (!uploadsAreLate(lastMs, nowMs)) return [ok(`closed hours are published, ${when}`)];
  return [
    fault(
      `closed hours are not published, ${when}`,
      `ooni-uploader status; journalctl -u ooni-uploader -p warning -e; ${page('operate', 'S3 is down')}`,
    ),
  ];
}

/** `read`: what `ooni-api fetch` notes of a job. */
export function judgeSource(job: string, read: Read, nowMs: number): Finding {
  const todo = `journalctl -u ooni-api-fetch@${job} -p warning -e; ${page('operate', 'Outside data is old')}`;
  if (read.kind === 'denied') return unseen(`outside data: ${job}`, AS_ROOT);
  let lastMs = 0;
  if (read.kind === 'read')
    try {
      lastMs =
        Number((JSON.parse(read.text) as { last_success_ms?: unknown }).last_success_ms) || 0;
    } catch {
      // A damaged note is none.
    }
  if (lastMs === 0)
    return fault(
      `outside data: ${job} was never fetched`,
      `systemctl start ooni-api-fetch@${job}; ${todo}`,
    );
  const when = new Date(lastMs).toISOString();
  return isLate(lastMs, PERIODS_S[job]!, nowMs)
    ? fault(`outside data: ${job} is old, of ${when}`, todo)
    : ok(`outside data: ${job} is of ${when}`);
}

export interface Places {
  readonly metricsTextfile: string | undefined;
  readonly fetchMetricsDir: string | undefined;
  readonly sourcesDir: string | undefined;
  /** Whether node_exporter is on this host. */
  readonly hasExporter: boolean;
  /** Jobs that another host does for this one. */
  readonly off: ReadonlySet<string>;
}

/** Whose timer was switched off (docs/sources.md). */
export async function jobsSwitchedOff(): Promise<ReadonlySet<string>> {
  const jobs = Object.keys(PERIODS_S);
  const { out } = await run(
    'systemctl',
    'is-enabled',
    ...jobs.map((job) => `ooni-api-fetch-${job}.timer`),
  );
  const states = out.trim().split('\n');
  return new Set(
    jobs.filter((_, at) => states.length === jobs.length && states[at] === 'disabled'),
  );
}

export function checkFreshness(places: Places, nowMs: number): Finding[] {
  const findings: Finding[] = [];
  const { metricsTextfile, fetchMetricsDir, sourcesDir } = places;
  if (metricsTextfile !== undefined) {
    const read = readIfThere(metricsTextfile);
    findings.push(judgeTextFile('metrics_textfile', metricsTextfile, read));
    if (read.kind === 'read') findings.push(...judgeUploads(read.text, nowMs));
  } else if (places.hasExporter)
    findings.push(fault('metrics: metrics_textfile of ooni-uploader is not set', EXPORTERS));
  for (const job of Object.keys(PERIODS_S)) {
    if (places.off.has(job)) continue;
    if (sourcesDir !== undefined)
      findings.push(judgeSource(job, readIfThere(join(sourcesDir, `${job}.state.json`)), nowMs));
    if (fetchMetricsDir === undefined) continue;
    const file = join(fetchMetricsDir, `ooni-fetch-${job}.prom`);
    findings.push(judgeTextFile('fetch.metrics_dir', file, readIfThere(file)));
  }
  return findings;
}
