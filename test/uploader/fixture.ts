/** A host for the uploader's tests: a spool with measurements, a bucket, a database, a config. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type ClickHouseClient, createClient } from '@clickhouse/client';
import { loadConfig } from '../../src/config/load.ts';
import { type UploaderConfig, uploaderSchema } from '../../src/config/uploader.ts';
import { append, EMPTY_EDGE, rootOfEdge } from '../../src/core/archive/append.ts';
import { type Leaf, parseLeaf } from '../../src/core/archive/leaf.ts';
import { readEntries, tileReader } from '../../src/core/archive/logReader.ts';
import { rootHash, TILE_WIDTH, tileOf } from '../../src/core/archive/merkle.ts';
import {
  type Checkpoint,
  encodePrivateKey,
  type NoteVerifier,
  parseCheckpoint,
  parsePublicKey,
} from '../../src/core/archive/note.ts';
import { logPrefix } from '../../src/core/archive/tiles.ts';
import { makeMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { migrate } from '../../src/edge/clickhouse/migrate.ts';
import { readObject } from '../../src/edge/objects/readObject.ts';
import type { ObjectStore } from '../../src/edge/objects/store.ts';
import { makeLog } from '../../src/log/log.ts';
import { runCommand } from '../../src/uploader/commands/run.ts';
import type { AfterStep } from '../../src/uploader/common/afterStep.ts';
import { openReport } from '../../src/uploader/verify/report.ts';
import { checkContinuation } from '../../src/uploader/verify/verifyTlog.ts';
import type { StoreKind } from '../edge/objects/stores.ts';
import { PROGRAM_USER } from '../support/clickhouse.ts';

/** 2026-08-21 10:00 UTC: the hour of the measurements, long over. */
export const HOUR = '2026082110';
const HOUR_US = Date.UTC(2026, 7, 21, 10) * 1000;

export interface Host {
  readonly dir: string;
  readonly spoolDir: string;
  readonly stateDir: string;
  readonly configFile: string;
  readonly config: UploaderConfig;
  readonly store: ObjectStore;
  readonly clickhouse: ClickHouseClient;
  readonly database: string;
  /** Lines of the log, of all runs. */
  readonly logged: string[];
  run(options?: {
    readonly hour?: string;
    readonly now?: () => number;
    readonly afterStep?: AfterStep;
  }): Promise<void>;
  /** A run with the config file as it is now. */
  runFresh(): Promise<void>;
  close(): Promise<void>;
}

let databases = 0;

export async function makeDatabase(clickhouseUrl: string): Promise<string> {
  const database = `ooni_uploader_${process.pid}_${databases++}`;
  const admin = createClient({ url: clickhouseUrl, username: PROGRAM_USER });
  await migrate(admin, database);
  await admin.close();
  return database;
}

export async function makeHost(
  dir: string,
  kind: StoreKind,
  clickhouseUrl: string,
  options: {
    readonly canMaxBytes?: number;
    readonly memberBytes?: number;
    readonly extra?: string;
    /** Of another host, to share its bucket and database. */
    readonly bucket?: { readonly store: ObjectStore; readonly bucket: string };
    readonly database?: string;
    readonly collectorId?: string;
  } = {},
): Promise<Host> {
  const spoolDir = join(dir, 'spool');
  const stateDir = join(dir, 'state');
  for (const folder of ['incoming', 'pending', 'outgoing', 'quarantine', 'seen'])
    mkdirSync(join(spoolDir, folder), { recursive: true });
  const { store, bucket } = options.bucket ?? (await kind.fresh());
  const database = options.database ?? (await makeDatabase(clickhouseUrl));
  const clickhouse = createClient({ url: clickhouseUrl, database });
  const configFile = join(dir, 'uploader.toml');
  const credentials = join(dir, 's3-credentials');
  writeFileSync(credentials, 'access_key_id=test\nsecret_access_key=test\n');
  const logKey = join(dir, 'log-key');
  if (!existsSync(logKey))
    writeFileSync(
      logKey,
      encodePrivateKey(`example.org/n${options.collectorId ?? '1'}`, Buffer.alloc(32, 7)),
    );
  writeFileSync(
    configFile,
    `collector_id = "${options.collectorId ?? '1'}"
spool_dir = "${spoolDir}"
state_dir = "${stateDir}"
log_key_file = "${logKey}"
can_max_bytes = ${options.canMaxBytes ?? 20_000_000}
member_bytes = ${options.memberBytes ?? 262_144}
${options.extra ?? ''}
[clickhouse]
url = "${clickhouseUrl}"
username = "${PROGRAM_USER}"
database = "${database}"
[s3]
bucket = "${bucket}"
credentials_file = "${credentials}"
${kind.settings}
`,
  );
  const config = loadConfig(configFile, uploaderSchema);
  const logged: string[] = [];
  const log = makeLog({ level: 'info', journald: false, write: (line) => logged.push(line) });
  return {
    dir,
    spoolDir,
    stateDir,
    configFile,
    config,
    store,
    clickhouse,
    database,
    logged,
    run: (run = {}) => runCommand({ config, configFile, log, now: Date.now, ...run }),
    runFresh: () =>
      runCommand({
        config: loadConfig(configFile, uploaderSchema),
        configFile,
        log,
        now: Date.now,
      }),
    close: () => clickhouse.close(),
  };
}

export interface Sample {
  readonly uid: string;
  readonly post: Buffer;
}

/** A stored envelope around the text of a measurement. */
export function envelope(content: string): Buffer {
  return Buffer.from(
    `{"content":${content},"format":"json","protocol_version":null,"manifest_version":null,"is_verified":"u"}`,
  );
}

/** A measurement of `bytes` bytes or so, with blanks; each differs, and most of it hardly compresses. */
export function sampleContent(serial: number, bytes = 400): string {
  return sampleText(serial, bytes, [' ', '\n  ', '\t']);
}

/** The line that it becomes. */
export function sampleLine(serial: number, bytes = 400): string {
  return sampleText(serial, bytes, ['', '', '']);
}

function sampleText(serial: number, bytes: number, [a, b, c]: [string, string, string]): string {
  let filler = '';
  for (let at = 0; filler.length < bytes; at++)
    filler += createHash('sha512').update(`${serial}.${at}`).digest('base64');
  filler = filler.slice(0, bytes);
  const reportId = `20260821T100000Z_webconnectivity_IT_30722_n1_${serial}`;
  return `{"report_id":${a}"${reportId}",${b}"input":"https://example.org/${serial}",${c}"test_keys":{${a}"n":1.0,${b}"big":12345678901234567890,"filler":"${filler}"}${c}}`;
}

/** Puts measurements into `incoming/` as the api would. `fromUs`: offset into the hour. */
export function fillSpool(
  host: Host,
  contents: readonly (string | Buffer)[],
  options: {
    readonly fromUs?: number;
    readonly cc?: string;
    readonly test?: string;
    readonly hourUs?: number;
  } = {},
): Sample[] {
  const { fromUs = 0, cc = 'IT', test = 'webconnectivity', hourUs = HOUR_US } = options;
  return contents.map((content, at) => {
    const post = typeof content === 'string' ? envelope(content) : content;
    const uid = makeMeasurementUid(hourUs + fromUs + at, cc, test, post);
    const folder = join(host.spoolDir, 'incoming', `${uid.slice(0, 10)}_${cc}_${test}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${uid}.post`), post);
    return { uid, post };
  });
}

/** All objects of the bucket below a prefix. */
export async function objectsOf(store: ObjectStore, prefix: string): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>();
  for await (const { key } of store.list(prefix)) objects.set(key, (await readObject(store, key))!);
  return objects;
}

/** Lines of all JSONL objects with where they stand. */
export async function publishedLines(
  store: ObjectStore,
): Promise<{ readonly key: string; readonly line: number; readonly text: string }[]> {
  const lines: { key: string; line: number; text: string }[] = [];
  for (const [key, bytes] of await objectsOf(store, 'raw/')) {
    if (!key.endsWith('.jsonl.gz')) continue;
    const text = gunzipSync(bytes).toString('utf8');
    for (const [line, content] of text.split('\n').slice(0, -1).entries())
      lines.push({ key, line, text: content });
  }
  return lines;
}

export interface JsonlRow {
  readonly report_id: string;
  readonly input: string;
  readonly measurement_uid: string;
  readonly s3path: string;
  readonly linenum: number;
  readonly date: string;
  readonly source: string;
  readonly member_offset_bytes: string;
  readonly member_length_bytes: number;
  readonly member_line: number;
}

export async function jsonlRows(host: Host): Promise<JsonlRow[]> {
  const answer = await host.clickhouse.query({
    query: 'SELECT * FROM jsonl ORDER BY s3path, linenum',
    format: 'JSONEachRow',
  });
  return answer.json<JsonlRow>();
}

/** Names of files anywhere below a folder of the spool. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort();
}

/** Checkpoints of collector 1 that somebody may have seen, to be held against its log later. */
export interface SeenCheckpoints {
  /** Keeps the one that is published now. */
  look(): Promise<void>;
  /** What is wrong with the log in the end: it must continue each of them. */
  forks(): Promise<string[]>;
}

export function watchLog(host: Host): SeenCheckpoints {
  const readPart = (path: string) => readObject(host.store, logPrefix('1') + path);
  const seen = new Map<string, Checkpoint>();
  let verifier: NoteVerifier | undefined;
  const published = async () => {
    const note = await readPart('checkpoint');
    if (note === undefined) return undefined;
    verifier ??= parsePublicKey(String(await readPart('key')))!;
    const parsed = parseCheckpoint(String(note), verifier);
    if (parsed.kind !== 'ok') throw new Error(parsed.reason);
    seen.set(String(note), parsed.checkpoint);
    return parsed.checkpoint;
  };
  return {
    async look() {
      await published();
    },
    async forks() {
      const found: string[] = [];
      const report = openReport((line) => found.push(line));
      const now = await published();
      if (now === undefined) return seen.size === 0 ? [] : ['the checkpoint is gone'];
      for (const before of seen.values()) await checkContinuation(before, now, readPart, report);
      return found;
    },
  };
}

/** The published log of collector 1, whole, with its root checked against its signed checkpoint. */
export async function readLog(host: Host): Promise<Leaf[]> {
  const readPart = (path: string) => readObject(host.store, logPrefix('1') + path);
  const key = parsePublicKey(String(await readPart('key')))!;
  const parsed = parseCheckpoint(String(await readPart('checkpoint')), key);
  if (parsed.kind !== 'ok') throw new Error(parsed.reason);
  const { size, root } = parsed.checkpoint;
  const entries: Buffer[] = [];
  for (let index = 0; index * TILE_WIDTH < size; index++)
    entries.push(...(await readEntries(readPart, tileOf(size, 0, index)!)));
  const computed = await rootOfEdge(append(EMPTY_EDGE, entries).edge);
  if (!computed.equals(root)) throw new Error('the entries do not lead to the signed root');
  const published = await rootHash(size, tileReader(readPart));
  if (!published.equals(root)) throw new Error('the tiles do not lead to the signed root');
  return entries.map((entry) => parseLeaf(entry)!);
}
