/** The same tests run against a real S3 server and a folder: each kind of store, made empty. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolder } from '../../../src/edge/objects/folder.ts';
import { openS3 } from '../../../src/edge/objects/s3.ts';
import type { ObjectStore } from '../../../src/edge/objects/store.ts';
import { startS3 } from '../../support/s3.ts';

export interface StoreKind {
  readonly kind: 'S3' | 'folder';
  /** A store with nothing in it, and the text that names it in a config's `s3.bucket`. */
  fresh(): Promise<{ readonly store: ObjectStore; readonly bucket: string }>;
  /** Other keys of the config's [s3] section. */
  readonly settings: string;
}

/** Starts what the kinds need; `stop` ends it. Uploads go in parts early. */
export async function startStores(): Promise<{
  readonly kinds: readonly StoreKind[];
  stop(): Promise<void>;
}> {
  const s3 = await startS3();
  const folders = mkdtempSync(join(tmpdir(), 'ooni-buckets-'));
  const opened: ObjectStore[] = [];
  let made = 0;
  const settings = [
    `endpoint = "${s3.endpoint}"`,
    `region = "${s3.region}"`,
    'path_style = true',
    `request_timeout_ms = 5000`,
    `max_attempts = 2`,
  ].join('\n');
  const keep = (store: ObjectStore) => {
    opened.push(store);
    return store;
  };
  return {
    kinds: [
      {
        kind: 'S3',
        settings,
        async fresh() {
          const bucket = `bucket-${made++}`;
          await s3.createBucket(bucket);
          const store = openS3({
            bucket,
            endpoint: s3.endpoint,
            region: s3.region,
            pathStyle: true,
            credentials: s3.credentials,
            requestTimeoutMs: 60_000,
            maxAttempts: 2,
            limits: { singlePutMaxBytes: 6_291_456, partBytes: 5_242_880 },
          });
          return { store: keep(store), bucket };
        },
      },
      {
        kind: 'folder',
        settings: '',
        async fresh() {
          const root = join(folders, `bucket-${made++}`);
          return { store: keep(openFolder(root)), bucket: `file://${root}` };
        },
      },
    ],
    async stop() {
      for (const store of opened) store.close();
      await s3.stop();
      rmSync(folders, { recursive: true, force: true });
    },
  };
}
