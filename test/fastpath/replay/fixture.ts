/** A database, a bucket, and replays of one into the other as the command runs them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Test } from 'tap';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { migrate } from '../../../src/edge/clickhouse/migrate.ts';
import type { ObjectStore } from '../../../src/edge/objects/store.ts';
import { replayCommand, type StartThread } from '../../../src/fastpath/commands/replay.ts';
import type { ReplayArguments } from '../../../src/fastpath/replay/replayArguments.ts';
import { type ClickHouseServer, PROGRAM_USER } from '../../support/clickhouse.ts';
import { sourceThread } from '../../support/sourceThread.ts';

export const DAY = { since: '2021-08-17', until: '2021-08-18' };

export interface Row {
  readonly uid: string;
  readonly report_id: string;
  readonly input: string;
  readonly test_name: string;
  readonly confirmed: string;
  readonly is_verified: string;
  readonly scores: string;
}

let databases = 0;

const MAIN = new URL('../../../src/fastpath/main.ts', import.meta.url);
const startThread: StartThread = (options) => sourceThread(MAIN, options);

/** Of a thread that one measurement keeps for ever. */
export const startEndlessThread: StartThread = (options) =>
  sourceThread(MAIN, {
    ...options,
    execArgv: ['--import', new URL('endless.mjs', import.meta.url).href],
  });

export async function replayFixture(
  t: Test,
  server: ClickHouseServer,
  bucket?: { readonly bucket: string; readonly settings: string; readonly store: ObjectStore },
) {
  const database = `ooni_replay${databases++}`;
  const connectTo = (name: string) =>
    openClickHouse({
      url: server.url,
      database: name,
      username: PROGRAM_USER,
      password: '',
      requestTimeoutMs: 10_000,
      application: 'test',
    });
  const admin = connectTo('default');
  await migrate(admin, database);
  await admin.close();
  const client = connectTo(database);
  const configDir = mkdtempSync(join(tmpdir(), 'ooni-replay-'));
  t.teardown(async () => {
    await client.close();
    rmSync(configDir, { recursive: true });
  });
  const config = join(configDir, 'fastpath.toml');
  const s3 =
    bucket === undefined
      ? ''
      : `[s3]\nbucket = "${bucket.bucket}"\n${bucket.settings}\n${
          bucket.settings === '' ? '' : `credentials_file = "${config}.s3"`
        }`;
  writeFileSync(`${config}.s3`, 'access_key_id=test\nsecret_access_key=test\n', { mode: 0o600 });
  const configure = (measurementTimeoutMs: number) =>
    writeFileSync(
      config,
      `workers = 2\nmeasurement_timeout_ms = ${measurementTimeoutMs}\nlog_level = "debug"\n` +
        `[clickhouse]\nurl = "${server.url}"\nusername = "${PROGRAM_USER}"\ndatabase = "${database}"\n${s3}\n`,
    );
  configure(10_000);

  const fixture = {
    client,
    config,
    configure,
    startThread,

    /** Replaces the fingerprints; `pattern` is that of the one HTTP body fingerprint. */
    async fingerprint(pattern: string) {
      await client.command({ query: 'TRUNCATE TABLE fingerprints_http' });
      await client.insert({
        table: 'fingerprints_http',
        values: [
          {
            position: 0,
            name: 'test',
            scope: 'nat',
            location_found: 'body',
            pattern_type: 'contains',
            pattern,
            expected_countries: 'IT',
          },
        ],
        format: 'JSONEachRow',
      });
    },

    put: (key: string, bytes: Buffer) =>
      bucket!.store.putBytes(key, bytes, 'application/octet-stream'),

    /** Runs the command; what it wrote to standard error and output, and its exit code. */
    async replay(args: ReplayArguments, start = startThread) {
      const written = { err: '', out: '' };
      const into = (name: 'err' | 'out') =>
        new Writable({
          write(chunk, _encoding, done) {
            written[name] += chunk;
            done();
          },
        });
      const code = await replayCommand(
        { config, checkConfig: false, show: false, ...args },
        start,
        {
          list: into('out'),
          log: into('err'),
          stopSignal: () => new Promise(() => {}),
        },
      );
      return { code, ...written };
    },

    async rows(): Promise<Row[]> {
      const result = await client.query({
        query: `SELECT measurement_uid AS uid, report_id, input, test_name, confirmed, is_verified, scores
          FROM fastpath FINAL ORDER BY measurement_uid`,
        format: 'JSONEachRow',
      });
      return result.json<Row>();
    },
  };
  await fixture.fingerprint('BLOCKED BY ORDER');
  return fixture;
}
