/** Schema of /etc/ooni/api.toml and its drop-ins. etc/api.toml shows every key with its default. */

import { z } from 'zod';
import { parsePublicKey } from '../core/archive/note.ts';
import { MAX_BODY_BYTES } from '../core/measurement/sizes.ts';
import { parseQuotaLimits } from '../core/quotas/quotaTable.ts';
import { accountsSection, mailSection } from './accounts.ts';
import {
  absolutePath,
  clickhouseSection,
  collectorId,
  count,
  httpUrl,
  listenAddress,
  logLevel,
  networkAddress,
  s3Section,
  socketPath,
} from './common.ts';
import { fetchSection } from './fetch.ts';
import {
  bouncerSection,
  checkInSection,
  collectors,
  credentialsSection,
  testHelpersSection,
  toolConfigsSection,
} from './probeServices.ts';

export const apiSchema = z.strictObject({
  collector_id: collectorId,
  /** Where the api listens when systemd passes no socket. */
  listen: listenAddress.default('127.0.0.1:8080'),
  /** The public address, for links in answers. */
  base_url: httpUrl,
  /** Proxies that a request passes, each of which adds an address to X-Forwarded-For; 0: none. */
  trusted_proxies: count(0, 16, 1),
  /** Where the one that connects to us is not on this host: its addresses or networks. */
  proxy_addresses: z.array(networkAddress).max(64).default([]),
  spool_dir: absolutePath.default('/var/lib/ooni/spool'),
  fastpath_socket: socketPath.default('/run/ooni/fastpath.sock'),
  /** Worker processes; 0: one per core. */
  workers: count(0, 256, 0),
  /** Largest body of a request, after decompression. */
  max_body_bytes: count(1024, MAX_BODY_BYTES, 209_715_200),
  /** Above `body_ratio_from_bytes`, so many times as large as it was compressed may a body be. */
  max_body_ratio: count(10, 100_000, 100),
  body_ratio_from_bytes: count(65_536, MAX_BODY_BYTES, 4_194_304),
  /** A body that comes in more slowly, over 30 s, is refused; 0: no limit. */
  min_body_bytes_per_second: count(0, 1_048_576, 500),
  /** Bytes of bodies held in memory at once per worker; more is answered with 503. */
  max_inflight_bytes: count(1_048_576, 17_179_869_184, 536_870_912),
  /** Left on the spool's disk for the uploader, which needs room to make some; below it submissions get 503. */
  min_free_bytes: count(0, 1_125_899_906_842_624, 1_073_741_824),
  /** The same of inodes, of which each measurement takes two at most: its own, and a link in `seen/`. */
  min_free_inodes: count(0, 1_000_000_000, 10_000),
  query_timeout_ms: count(100, 300_000, 25_000),
  /** What one query may take of the database's memory, and read in rows; 0: no limit. */
  query_max_memory_bytes: count(0, 1_099_511_627_776, 4_294_967_296),
  query_max_rows: count(0, 1_000_000_000_000, 20_000_000_000),
  /** Serving time that one client's reads may take, in hundredths of a second; empty: no limit. */
  quotas: z
    .string()
    .refine((text) => parseQuotaLimits(text) !== undefined, {
      error: 'expected limits like 4000/hour;40000/day (minute, hour or day)',
    })
    .default('4000/hour;40000/day'),
  /** Clients without limits. */
  quota_exempt_addresses: z.array(z.string().min(1)).max(1_024).default([]),
  /** Does this host keep the counts by day? One that does is enough. */
  count_days: z.boolean().default(true),
  /** A download of rows may take longer than a page. */
  export_timeout_ms: count(1_000, 86_400_000, 600_000),
  shutdown_timeout_ms: count(0, 600_000, 20_000),
  /** Metrics of all workers together, on an address of their own. */
  metrics_listen: listenAddress.default('127.0.0.1:9180'),
  /** Other hosts' public addresses, asked for bodies that are still in their spool. */
  other_hosts: z.array(httpUrl).max(64).default([]),
  other_hosts_timeout_ms: count(10, 60_000, 5_000),
  /** Local copies of archive objects that must be read from their start (rows of older uploaders). */
  cache_dir: absolutePath.default('/var/cache/ooni-api'),
  cache_max_bytes: count(0, 1_099_511_627_776, 1_073_741_824),
  /** What this host's log in the bucket must be signed with; absent: the key there is believed. */
  log_public_key: z
    .string()
    .refine((text) => parsePublicKey(text) !== undefined, {
      error: 'a public key: name+hash+base64, as ooni-uploader keygen prints it',
    })
    .optional(),
  /** Where others fetch the bucket's objects, for links on pages; absent: it follows from [s3]. */
  archive_url: httpUrl.optional(),
  /** What `ooni-api fetch` brought from elsewhere, such as `geoip.mmdb`. */
  sources_dir: absolutePath.default('/var/lib/ooni/sources'),
  /** What the program itself keeps over a restart. */
  state_dir: absolutePath.default('/var/lib/ooni/api'),
  /** File with the keys of probes' tokens; the systemd credential `probe-token-keys` wins over it. */
  probe_token_keys_file: absolutePath.optional(),
  /** Where links of the old web site lead to. */
  explorer_url: httpUrl.default('https://explorer.ooni.org'),
  collectors,
  log_level: logLevel,
  test_helpers: testHelpersSection.prefault({}),
  fetch: fetchSection.prefault({}),
  check_in: checkInSection.prefault({}),
  bouncer: bouncerSection.prefault({}),
  credentials: credentialsSection.prefault({}),
  tool_configs: toolConfigsSection.prefault({}),
  clickhouse: clickhouseSection.prefault({}),
  // Somebody waits for what is read: an early answer is better than the most patience.
  s3: s3Section.extend({
    request_timeout_ms: count(100, 600_000, 5_000),
    max_attempts: count(1, 20, 2),
  }),
  accounts: accountsSection.prefault({}),
  mail: mailSection.prefault({}),
});
export type ApiConfig = z.output<typeof apiSchema>;
