/**
 * Raw measurements per second and core through a whole run of the built uploader, with a folder as bucket
 * and the real engine: `make bench`, or `node --import=tsx bench/uploader.ts [PART-OF-A-NAME [COUNT]]`.
 *
 * The figure to compare between machines is the ratio to gzip alone: one plain gzip stream of the
 * same measurements at the same level. A run compresses nearly everything twice (tar and JSONL), in half
 * of the time that gzip takes (design: the compressor). Rates are per second of processor time of
 * the process, all its threads together.
 *
 * Cores used are the run's processor time by the clock. What the engine and all other work on the machine take
 * meanwhile it could not have: what it left idle is its own fault.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createClient } from '@clickhouse/client';
import { submissionEnvelope } from '../src/core/measurement/envelope.ts';
import { migrate } from '../src/edge/clickhouse/migrate.ts';
import { openFolder } from '../src/edge/objects/folder.ts';
import { readObject } from '../src/edge/objects/readObject.ts';
import { type ClickHouseServer, startClickHouse } from '../test/support/clickhouse.ts';
import { reportRow } from './support/report.ts';
import { sharingMeasurements, smallMeasurements, webMeasurements } from './uploader-data.ts';

const LEVEL = 6;
const MEGABYTE = 1e6;
/** Of processor time in /proc. */
const TICKS_PER_SECOND = 100;
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
const count = process.argv[3];

/** Seconds of processor time that `work` took. */
async function cpuSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

interface Run {
  /** Processor time, the program's start included. */
  readonly runSeconds: number;
  readonly peakMegabytes: number;
  readonly wallSeconds: number;
  /** Processor time of the engine meanwhile. */
  readonly engineSeconds: number;
  /** Of all cores together. */
  readonly idleSeconds: number;
}

/** Runs the built program. */
function runUploader(configFile: string, enginePid: number): Run {
  // Not maxRSS, which begins with what this process had when it started the other.
  const atExit =
    'data:text/javascript,import{readFileSync as r}from"node:fs";process.once("exit",()=>console.log(JSON.stringify({...process.cpuUsage(),peakKb:/VmHWM:\\s+(\\d+)/.exec(r("/proc/self/status","utf8"))[1]})))';
  const engineBefore = processSeconds(enginePid);
  const idleBefore = idleSeconds();
  const startedMs = performance.now();
  const output = execFileSync(
    process.execPath,
    ['--import', atExit, 'dist/ooni-uploader.js', '--config', configFile],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const wallSeconds = (performance.now() - startedMs) / 1000;
  const { user, system, peakKb } = JSON.parse(output.trim().split('\n').at(-1)!);
  return {
    runSeconds: (user + system) / 1e6,
    peakMegabytes: (Number(peakKb) * 1024) / MEGABYTE,
    wallSeconds,
    engineSeconds: processSeconds(enginePid) - engineBefore,
    idleSeconds: idleSeconds() - idleBefore,
  };
}

/** Processor time of a process so far. */
function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** That no core had anything to do, all of them together. */
function idleSeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0) / 1000;
}

async function measure(data: Data, engine: ClickHouseServer, database: string): Promise<void> {
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
        `gzip_level = ${LEVEL}\nlog_level = "err"\n[clickhouse]\nurl = "${engine.url}"\n` +
        `database = "${database}"\n[s3]\nbucket = "file://${bucket}"\n`,
    );
    const run = runUploader(configFile, engine.pid);
    const { runSeconds, wallSeconds } = run;

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
    const cores = (seconds: number) => seconds / wallSeconds;
    const used = cores(runSeconds);
    const otherSeconds =
      cpus().length * wallSeconds - runSeconds - run.engineSeconds - run.idleSeconds;
    console.log(
      `  cores used     ${used.toFixed(2)} of ${cpus().length}; the engine ${cores(run.engineSeconds).toFixed(2)}, other work ${cores(otherSeconds).toFixed(2)}, idle ${cores(run.idleSeconds).toFixed(2)}`,
    );
    reportRow({
      name: `uploader, cores used, ${data.name}`,
      value: used,
      unit: 'cores',
      better: 'more',
      limit: used + cores(run.idleSeconds),
      limitName: 'those that nothing else used',
    });
    console.log(`  peak memory    ${run.peakMegabytes.toFixed(0)} MB`);
    reportRow({
      name: `uploader, peak memory, ${data.name}`,
      value: run.peakMegabytes,
      unit: 'MB',
      better: 'less',
    });
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
    await measure(
      count === undefined ? data : { ...data, count: Number(count) },
      clickhouse,
      `bench${at}`,
    );
  }
} finally {
  await clickhouse.stop();
}
