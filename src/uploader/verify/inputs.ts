/** What a check works with, from the command line or from the host's config. */
import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { UploaderConfig } from '../../config/uploader.ts';
import {
  type Checkpoint,
  type NoteVerifier,
  parseCheckpoint,
  parsePublicKey,
} from '../../core/archive/note.ts';
import { FingerprintError } from '../../core/fingerprints/fingerprint.ts';
import {
  FINGERPRINT_FILES,
  fingerprintSetKey,
  isSetSha256,
  parseFingerprintSet,
} from '../../core/fingerprints/fingerprintSet.ts';
import { compileFingerprints, type FingerprintSet } from '../../core/fingerprints/match.ts';
import { readFingerprintTables } from '../../edge/clickhouse/fingerprintTables.ts';
import { openFolder } from '../../edge/objects/folder.ts';
import { openHttp } from '../../edge/objects/http.ts';
import { openS3 } from '../../edge/objects/s3.ts';
import { FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { readFingerprintFolder } from '../../program/fingerprintFolder.ts';
import { openObjects } from '../../program/objectStore.ts';
import { logKeySource } from '../tlog/tlogKey.ts';
import type { Bucket } from './archiveSource.ts';
import type { RowUids } from './inventedRows.ts';
import type { Report } from './report.ts';
import { makeRescorer, type Rescorer, type StoredRows } from './rescore.ts';
import { rowsInClickHouse, rowsInCsv } from './storedRows.ts';

export interface VerifyArguments {
  readonly config: string;
  readonly bucket?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  /** The public key, or a file with it. */
  readonly key?: string | undefined;
  readonly collector?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly checkpoint?: string | undefined;
  readonly onlyNew: boolean;
  readonly saveCheckpoint?: string | undefined;
  readonly rescore: boolean;
  readonly rows?: string | undefined;
  readonly fingerprints?: string | undefined;
}

const REQUEST_TIMEOUT_MS = 30_000;

export function needsConfig(args: VerifyArguments): boolean {
  return args.bucket === undefined || (args.rescore && args.rows === undefined);
}

export function objectsOf(
  args: VerifyArguments,
  config: UploaderConfig | undefined,
): Bucket & { close(): void } {
  const { bucket } = args;
  if (bucket === undefined) return openObjects(config!.s3, args.config);
  if (bucket.startsWith('file://')) return openFolder(fileURLToPath(bucket));
  if (/^https?:\/\//.test(bucket)) return openHttp(httpBase(bucket), REQUEST_TIMEOUT_MS);
  return openS3({
    bucket,
    endpoint: args.endpoint,
    region: args.region,
    pathStyle: args.pathStyle,
    credentials: 'anonymous',
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    maxAttempts: 3,
  });
}

function httpBase(bucket: string): string {
  const url = URL.canParse(bucket) ? new URL(bucket) : undefined;
  if (url !== undefined && url.search === '' && url.hash === '') return url.href;
  throw new FatalError(
    '--bucket: expected the URL below which the objects are, without parameters',
    EXIT.usage,
  );
}

export function verifierOf(
  args: VerifyArguments,
  config: UploaderConfig | undefined,
): NoteVerifier {
  if (args.key !== undefined) {
    const verifier = parsePublicKey(args.key) ?? parsePublicKey(textOf(args.key, '--key'));
    if (verifier !== undefined) return verifier;
    throw new FatalError('--key: expected a public key, or a file with one', EXIT.usage);
  }
  if (args.bucket !== undefined)
    throw new FatalError(
      "--key: needed with --bucket: the log's public key, from a source you trust",
      EXIT.usage,
    );
  const signer = logKeySource(config!, args.config).read();
  if (signer !== undefined) return signer.verifier;
  throw new FatalError('this host has no log key yet: give --key', EXIT.usage);
}

/** A log lies below the id of its collector, which ends the default origin too. */
export function collectorOf(
  args: VerifyArguments,
  config: UploaderConfig | undefined,
  verifier: NoteVerifier,
): string {
  const ofOrigin = /\/n([a-z0-9]{1,8})$/.exec(verifier.name)?.[1];
  const ofConfig = args.bucket === undefined ? config!.collector_id : undefined;
  const id = args.collector ?? ofConfig ?? ofOrigin;
  if (id !== undefined) return id;
  throw new FatalError(
    `--collector: needed, because the origin ${verifier.name} does not end in /n<id>`,
    EXIT.usage,
  );
}

export function savedOf(file: string, verifier: NoteVerifier): Checkpoint {
  const parsed = parseCheckpoint(textOf(file, '--checkpoint'), verifier);
  if (parsed.kind === 'ok') return parsed.checkpoint;
  throw new FatalError(`--checkpoint: ${file} is ${parsed.reason}`, EXIT.usage);
}

function textOf(file: string, option: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new FatalError(`${option}: cannot be read`, EXIT.usage, { cause: error });
  }
}

/** A set that was published, by its hash; a text: why it cannot be had. */
async function publishedSet(bucket: Bucket, sha256: string): Promise<FingerprintSet | string> {
  if (!isSetSha256(sha256))
    return `expected the SHA-256 of a set of fingerprints, found "${sha256}"`;
  const files: Buffer[] = [];
  for (const file of FINGERPRINT_FILES) {
    const key = fingerprintSetKey(sha256, file);
    const stream = await bucket.read(key);
    if (stream === undefined) return `${bucket.name} has no ${key}`;
    files.push(await buffer(stream));
  }
  const key = fingerprintSetKey(sha256, FINGERPRINT_FILES[0]);
  try {
    const tables = parseFingerprintSet(sha256, files[0]!, files[1]!);
    return tables === undefined
      ? `${bucket.name} has another set below ${key}`
      : compileFingerprints(tables.dns, tables.http, sha256);
  } catch (error) {
    if (!(error instanceof FingerprintError)) throw error;
    return `${bucket.name} has no fingerprints below ${key}: ${error.message}`;
  }
}

async function givenSet(bucket: Bucket, sha256: string): Promise<FingerprintSet> {
  const set = await publishedSet(bucket, sha256);
  if (typeof set === 'string')
    throw new FatalError(`--fingerprints: this set cannot be taken: ${set}`, EXIT.data);
  return set;
}

/** Compiled sets are large; days have a few. */
const MOST_SETS_HELD = 8;

function publishedSets(bucket: Bucket) {
  const held = new Map<string, FingerprintSet | string>();
  return async (sha256: string) => {
    const before = held.get(sha256);
    if (before !== undefined) return before;
    if (held.size === MOST_SETS_HELD) held.clear();
    const set = await publishedSet(bucket, sha256);
    held.set(sha256, set);
    return set;
  };
}

export async function openRescoring(
  args: VerifyArguments,
  config: UploaderConfig | undefined,
  objects: Bucket,
  report: Report,
): Promise<{ readonly rescorer: Rescorer; readonly rows: StoredRows & RowUids }> {
  const { config: configFile } = args;
  const client =
    config === undefined ? undefined : clickHouseOf(config.clickhouse, configFile, 'ooni-uploader');
  let known: FingerprintSet;
  const given = args.fingerprints;
  if (given !== undefined)
    known = isSetSha256(given) ? await givenSet(objects, given) : readFingerprintFolder(given);
  else if (client !== undefined) {
    const { dns, http, sha256 } = await readFingerprintTables(client);
    known = compileFingerprints(dns, http, sha256);
  } else known = compileFingerprints([], []);
  const rows = args.rows === undefined ? rowsInClickHouse(client!) : await rowsInCsv(args.rows);
  if (args.rows !== undefined) await client?.close();
  // Which set is to be believed may be for whoever checks to say.
  const own = given === undefined ? publishedSets(objects) : undefined;
  return { rescorer: makeRescorer(rows, { known, own }, report), rows };
}
