/**
 * Publishes each set of fingerprints that was ever in use, beside the log: who checks a score needs the set
 * that made it. What is in the bucket already is left; a set that cannot be published now is next time.
 */
import {
  FINGERPRINT_FILES,
  FINGERPRINT_SETS_PREFIX,
  fingerprintSetKey,
} from '../../core/fingerprints/fingerprintSet.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import {
  listFingerprintSets,
  readFingerprintFiles,
} from '../../edge/clickhouse/fingerprintTables.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';

export interface FingerprintSetParts {
  readonly clickhouse: ClickHouseClient;
  readonly objects: Pick<ObjectStore, 'list' | 'putBytes'>;
  readonly log: Log;
}

export async function publishFingerprintSets({
  clickhouse,
  objects,
  log,
}: FingerprintSetParts): Promise<void> {
  try {
    const sets = await listFingerprintSets(clickhouse);
    if (sets.length === 0) return;
    const published = new Set<string>();
    for await (const { key } of objects.list(FINGERPRINT_SETS_PREFIX)) published.add(key);
    for (const sha256 of sets) {
      const keys = FINGERPRINT_FILES.map((file) => fingerprintSetKey(sha256, file));
      if (keys.every((key) => published.has(key))) continue;
      const files = await readFingerprintFiles(clickhouse, sha256);
      if (files === undefined) {
        log.err('a set of fingerprints in the table fingerprint_sets is not what its hash says', {
          sha256,
        });
        continue;
      }
      for (const [i, key] of keys.entries()) await objects.putBytes(key, files[i]!, 'text/csv');
      log.info('published a set of fingerprints', { sha256 });
    }
  } catch (error) {
    log.warning('sets of fingerprints were not published: the next run tries again', {
      error: errorText(error),
    });
  }
}
