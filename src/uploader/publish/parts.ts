/** The parts of a run as the config has them, opened in the order in which they can fail. */

import { join } from 'node:path';
import type { UploaderConfig } from '../../config/uploader.ts';
import { CHECKPOINT, logPrefix } from '../../core/archive/tiles.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { missingMigrations } from '../../edge/clickhouse/migrate.ts';
import type { UploadLimits } from '../../edge/objects/s3Upload.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { openSpoolCopies, type SpoolCopies } from '../../edge/spool/copies.ts';
import { openHours } from '../../edge/spool/hours.ts';
import { openQuarantineAge, type QuarantineAge } from '../../edge/spool/quarantineAge.ts';
import { openSpool } from '../../edge/spool/spool.ts';
import { openUnlinker } from '../../edge/spool/unlink/native.ts';
import type { Log } from '../../log/log.ts';
import { FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { openObjects } from '../../program/objectStore.ts';
import { openOutgoing } from '../can/outgoing.ts';
import { bucketTrouble, clickhouseTrouble } from '../common/advice.ts';
import type { AfterStep } from '../common/afterStep.ts';
import { makeRetry } from '../common/retry.ts';
import { refuseRoot } from '../common/serviceUser.ts';
import { openTransparencyLog, type TransparencyLog } from '../tlog/tlog.ts';
import { createLogKey, logKeySource, originOf } from '../tlog/tlogKey.ts';
import { type Lock, takeLock } from './lock.ts';
import { openPublishedCans } from './publishedCans.ts';
import type { StepParts } from './steps.ts';

export interface UploaderParts extends StepParts {
  readonly quarantine: QuarantineAge;
  readonly copies: SpoolCopies;
  readonly transparencyLog: TransparencyLog;
  close(): Promise<void>;
}

export function spoolLock(config: UploaderConfig): string {
  return join(config.spool_dir, 'outgoing', 'lock');
}

/** Takes the lock of the spool, or ends the program. Everything that changes something begins here. */
export async function lockSpool(config: UploaderConfig): Promise<Lock> {
  await refuseRoot(config);
  const lock = await takeLock(spoolLock(config));
  if (lock !== undefined) return lock;
  throw new FatalError(
    `another ooni-uploader is at work on ${config.spool_dir}: nothing to do here`,
    EXIT.unavailable,
  );
}

/** Opens everything that changes the archive; the lock must be held. */
export async function openParts(
  config: UploaderConfig,
  configFile: string,
  log: Log,
  afterStep: AfterStep,
  limits?: UploadLimits,
): Promise<UploaderParts> {
  const keySource = logKeySource(config, configFile);
  const existingKey = keySource.read();
  const objects: ObjectStore = openObjects(config.s3, configFile, limits);
  const clickhouse: ClickHouseClient = clickHouseOf(config.clickhouse, configFile, 'ooni-uploader');
  const close = async () => {
    objects.close();
    await clickhouse.close();
  };
  try {
    await openSpool(config.spool_dir);
    await requireTables(config, clickhouse);
    const prefix = logPrefix(config.collector_id);
    const signer = existingKey ?? (await firstKey(config, keySource.file, objects, prefix, log));
    return {
      outgoing: await openOutgoing(config.spool_dir),
      hours: openHours(config.spool_dir, {
        quarantineMaxBytes: config.quarantine_max_bytes,
        // That the module cannot be used, the compressor says.
        unlinker: openUnlinker(() => {}),
      }),
      quarantine: openQuarantineAge(config.spool_dir),
      copies: openSpoolCopies(config.spool_dir),
      objects,
      clickhouse,
      published: await openPublishedCans(config.state_dir),
      afterStep,
      retry: makeRetry(log),
      transparencyLog: await openTransparencyLog({
        objects,
        prefix,
        signer,
        stateDir: config.state_dir,
        afterStep,
      }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Nothing is begun that could not be finished. */
export async function requireTables(
  config: UploaderConfig,
  clickhouse: ClickHouseClient,
): Promise<void> {
  let missing: readonly number[];
  try {
    missing = await missingMigrations(clickhouse, config.clickhouse.database);
  } catch (error) {
    const what = `ask ClickHouse at ${config.clickhouse.url}`;
    throw clickhouseTrouble(what, error, EXIT.tryAgain);
  }
  if (missing.length > 0)
    throw new FatalError(
      `the database lacks the migrations ${missing.join(', ')}: run ooni-api migrate`,
      EXIT.tryAgain,
    );
}

/** A new host's key; never where the bucket has a log already, whose key must be somewhere. */
async function firstKey(
  config: UploaderConfig,
  file: string,
  objects: ObjectStore,
  prefix: string,
  log: Log,
) {
  let begun: boolean;
  try {
    begun = (await objects.head(prefix + CHECKPOINT)) !== undefined;
  } catch (error) {
    throw bucketTrouble(`read ${objects.name}`, error);
  }
  if (begun)
    throw new FatalError(
      `${objects.name}/${prefix} has a log, but its key is not at ${file}: restore it, or see /usr/share/doc/ooni-common/archive.md, "A lost log key"`,
      EXIT.config,
    );
  const signer = await createLogKey(file, originOf(config));
  log.warning("made this host's log key: keep a copy of it", {
    file,
    public_key: signer.verifier.text,
  });
  return signer;
}
