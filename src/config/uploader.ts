/** Schema of /etc/ooni/uploader.toml and its drop-ins. etc/uploader.toml shows every key with its default. */
import { z } from 'zod';
import { MEMBER_BYTES_MAX } from '../core/archive/members.ts';
import { isOrigin } from '../core/archive/note.ts';
import {
  absolutePath,
  clickhouseSection,
  collectorId,
  count,
  logLevel,
  quarantineMaxBytes,
  s3Section,
} from './common.ts';

export const uploaderSchema = z.strictObject({
  collector_id: collectorId,
  spool_dir: absolutePath.default('/var/lib/ooni/spool'),
  /** Keeps the uploader's own state: clock mark, log key, names of published cans. */
  state_dir: absolutePath.default('/var/lib/ooni/uploader'),
  /** A can is full when its compressed tar has reached this size. */
  can_max_bytes: count(1_000, 1_000_000_000, 20_000_000),
  /** An hour is closed this long after its end, so that no request that began in it still writes. */
  close_margin_ms: count(0, 3_600_000, 300_000),
  /** Text in one gzip member of a .jsonl.gz, before compression; more where lines are much alike. */
  member_bytes: count(1_024, MEMBER_BYTES_MAX, 262_144),
  gzip_level: count(1, 9, 6),
  /** Cans on their way into the bucket at once. */
  uploads: count(1, 64, 8),
  /**
   * File with the private key of this host's log; the systemd credential `log-key` wins over it.
   * Without either, `log-key` in state_dir, made at the first run.
   */
  log_key_file: absolutePath.optional(),
  /** Name of this host's log in its key and checkpoints; without it, `ooni-archive/n<collector_id>`. */
  log_origin: z
    .string()
    .refine(isOrigin, { error: 'a name without blanks and "+", like "archive.example.org/n1"' })
    .optional(),
  /** File for node_exporter's textfile collector. */
  metrics_textfile: absolutePath.optional(),
  quarantine_max_bytes: quarantineMaxBytes,
  /** A published measurement's copy in quarantine is kept so long; 0: for ever. */
  quarantine_keep_days: count(0, 36_500, 30),
  log_level: logLevel,
  clickhouse: clickhouseSection.prefault({}),
  s3: s3Section,
});
export type UploaderConfig = z.output<typeof uploaderSchema>;
