/** Schema of /etc/ooni/fastpath.toml and its drop-ins. etc/fastpath.toml shows every key with its default. */
import { z } from 'zod';
import {
  absolutePath,
  clickhouseSection,
  count,
  listenAddress,
  logLevel,
  quarantineMaxBytes,
  s3Section,
  socketPath,
} from './common.ts';

export const fastpathSchema = z.strictObject({
  spool_dir: absolutePath.default('/var/lib/ooni/spool'),
  /** Socket for hints of the api, when systemd passes none. */
  socket: socketPath.default('/run/ooni/fastpath.sock'),
  /** Scoring threads; 0: one per core. */
  workers: count(0, 256, 0),
  /** A batch is written when it has this many rows … */
  flush_rows: count(1, 100_000, 2_000),
  /** … or this many bytes … */
  flush_bytes: count(65_536, 268_435_456, 16_777_216),
  /** … or is this old. */
  flush_after_ms: count(1, 60_000, 200),
  /** How often `pending/` is looked through for measurements whose hint was lost. */
  sweep_interval_ms: count(100, 3_600_000, 10_000),
  /** A measurement that takes longer is quarantined. */
  measurement_timeout_ms: count(100, 600_000, 10_000),
  /** Hints held in memory; more are dropped and found by the sweep. */
  max_hints: count(1, 1_000_000, 20_000),
  quarantine_max_bytes: quarantineMaxBytes,
  fingerprints_refresh_ms: count(1_000, 86_400_000, 3_600_000),
  metrics_listen: listenAddress.default('127.0.0.1:9181'),
  log_level: logLevel,
  clickhouse: clickhouseSection.prefault({}),
  /** Only `replay` reads the bucket. */
  s3: s3Section.optional(),
});
export type FastpathConfig = z.output<typeof fastpathSchema>;
