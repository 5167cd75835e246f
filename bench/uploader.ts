/**
 * Raw measurements per second and core through a whole run of the built uploader, with a folder as bucket
 * and the real engine: `make bench`, or `node --import=tsx bench/uploader.ts [PART-OF-A-NAME]`.
 *
 * The figure to compare between machines is the ratio to gzip alone: one plain gzip stream of the
 * same measurements at the same level. A run compresses everything twice (tar and JSONL), so that
 * half of gzip's speed is the most that it could reach. Rates are per second of processor time of
 * the process, all its threads together.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createClient } from '@clickhouse/client';
import { submissionEnvelope } from '../src/core/measurement/envelope.ts';
import { migrate } from '../src/edge/clickhouse/migrate.ts';
import { openFolder } from '../src/edge/objects/folder.ts';
import { readObject } from '../src/edge/objects/readObject.ts';
import { startClickHouse } from '../test/support/clickhouse.ts';
import { reportRow } from './support/report.ts';
import { sharingMeasurements, smallMeasurements, webMeasurements } from './uploader-data.ts';

const LEVEL = 6;
const MEGABYTE = 1e6;
/** Each has an hour folder. */
const COUNTRIES = ['BR', 'DE', 'IN', 'IR', 'IT', 'RU', 'US', 'VE'];

interface Data {
  readonly name: string;
  readonly count: number;
  readonly content: (serial: number) => string;
}

const DATA: readonly Data[] = [
  { name: 'web_connectivity, 40 KB each', count: 3_000, content: webMeasurements(7) },
  { name: 'small and alike, 3 KB each', count: 25_000, content: smallMeasurements(7) },
  { name: 'sharing 20 KB that do not compress', count: 3_000, content: sharingMeasurements(7) },
];

const only = process.argv[2];

/** Seconds of processor time that `work` took. */
async function cpuSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/** Processor time of a run of the built program, its start included. */
function uploaderSeconds(configFile: string): number {
  const atExit =
    'data:text/javascript,process.once("exit",()=>console.log(JSON.stringify(process.cpuUsage())))';
  const output = execFileSync(
    process.execPath,
    ['--import', atExit, 'dist/ooni-uploader.js', '--config', configFile],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const { user, system } = JSON.parse(output.trim().split('\n').at(-1)!);
  return (user + system) / 1e6;
}

async function measure(data: Data, clickhouseUrl: string, database: string): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-bench-uploader-'));
  try {
    const spool = join(dir, 'spool');
    const folderOf = (country: string) =>
      join(spool, 'incoming', `2026082110_${country}_webconnectivity`);
    for (const country of COUNTRIES) mkdirSync(folderOf(country), { recursive: true });
    const posts: Buffer[] = [];
    for (let serial = 0; serial < data.count; serial++) {
      const post = Buffer.from(
        submissionEnvelope({
          content: Buffer.from(data.content(serial)),
          reportId: `20260821T100000Z_x_IT_30722_n1_${serial >> 5}`,
          protocolVersion: null,
          manifestVersion: null,
          isVerified: 'u',
        }),
      );
      posts.push(post);
      const hash = createHash('sha512').update(post).digest('hex').slice(0, 16);
      const microseconds = String(serial).padStart(6, '0');
      const country = COUNTRIES[serial % COUNTRIES.length]!;
      const name = `20260821100000.${microseconds}_${country}_webconnectivity_${hash}.post`;
      writeFileSync(join(folderOf(country), name), post);
    }
    const whole = Buffer.concat(posts);
    const gzipSeconds = await cpuSeconds(() => {
      gzipSync(whole, { level: LEVEL });
    });

    const configFile = join(dir, 'uploader.toml');
    const bucket = join(dir, 'bucket');
    writeFileSync(
      configFile,
      `collector_id = "1"\nspool_dir = "${spool}"\nstate_dir = "${join(dir, 'state')}"\n` +
        `gzip_level = ${LEVEL}\nlog_level = "err"\n[clickhouse]\nurl = "${clickhouseUrl}"\n` +
        `database = "${database}"\n[s3]\nbucket = "file://${bucket}"\n`,
    );
    const startedMs = performance.now();
    const runSeconds = uploaderSeconds(configFile);
    const wallSeconds = (performance.now() - startedMs) / 1000;

    const store = openFolder(bucket);
    const texts: Buffer[] = [];
    let jsonlBytes = 0;
    for await (const { key, sizeBytes } of store.list('raw/')) {
      if (!key.endsWith('.jsonl.gz')) continue;
      jsonlBytes += sizeBytes;
      texts.push(gunzipSync((await readObject(store, key))!));
    }
    const plainBytes = texts.reduce(
      (sum, text) => sum + gzipSync(text, { level: LEVEL }).length,
      0,
    );

    const megabytes = whole.length / MEGABYTE;
    const rate = (seconds: number) => `${(megabytes / seconds).toFixed(1)} MB/s`;
    reportRow({
      name: `uploader, ${data.name}`,
      value: megabytes / runSeconds,
      unit: 'MB per CPU-second',
      better: 'more',
      limit: megabytes / gzipSeconds,
      limitName: `one gzip -${LEVEL}`,
    });
    console.log(`${data.name}: ${data.count} measurements, ${megabytes.toFixed(0)} MB`);
    console.log(`  whole run      ${rate(runSeconds)} per core, ${rate(wallSeconds)} on the clock`);
    const cores = Math.min(cpus().length, runSeconds / wallSeconds);
    console.log(`  cores used     ${cores.toFixed(2)} of ${cpus().length}`);
    console.log(`  gzip alone     ${rate(gzipSeconds)} per core`);
    console.log(`  run / gzip     ${(gzipSeconds / runSeconds).toFixed(2)}`);
    console.log(
      `  JSONL size     ${((100 * (jsonlBytes - plainBytes)) / plainBytes).toFixed(2)}% above one plain gzip stream`,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

console.log(
  `uploader, level ${LEVEL}, ${hostname()}, ${cpus()[0]?.model.trim()}, Node ${process.version}`,
);
const clickhouse = await startClickHouse();
try {
  for (const [at, data] of DATA.entries()) {
    if (only !== undefined && !data.name.includes(only)) continue;
    const client = createClient({ url: clickhouse.url });
    await migrate(client, `bench${at}`);
    await client.close();
    await measure(data, clickhouse.url, `bench${at}`);
  }
} finally {
  await clickhouse.stop();
}
