/** Section of api.toml on outside data (docs/sources.md). */
import { z } from 'zod';
import { parseSourceAddress } from '../core/sources/sourceAddress.ts';
import { absolutePath, count, httpUrl } from './common.ts';

const source = z.string().refine((text) => parseSourceAddress(text) !== undefined, {
  error:
    'a source: an https:// URL (a folder when it ends with /), a path, or git:/path#revision; a file may end with #sha256=…',
});
const sources = (...byDefault: string[]) => z.array(source).min(1).max(16).default(byDefault);

/** The sources that the public backend has always used. */
export const fetchSection = z.strictObject({
  /** Asked in this order until one has a content that can be taken. */
  fingerprints: sources('https://raw.githubusercontent.com/ooni/blocking-fingerprints/main/'),
  test_lists: sources('https://github.com/citizenlab/test-lists/archive/refs/heads/master.tar.gz'),
  as_names: sources('https://archive.org/download/ip2country-as/all_as_org_map.json'),
  geoip: sources(
    'https://github.com/ooni/historical-geoip/releases/download/{yyyymm}01/{yyyymm}01-ip2country_as.mmdb.gz',
  ),
  /** Fewer rows in a table are not believed. */
  fingerprints_least_rows: count(1, 49_999, 101),
  test_lists_least_rows: count(1, 999_999, 20_001),
  as_names_least_rows: count(1, 999_999, 100_001),
  /** Of a table's rows more may not go at once. */
  max_loss_percent: count(0, 100, 20),
  /** For each file. */
  timeout_ms: count(1_000, 3_600_000, 120_000),
  /** Of what is fetched, and of what is in it. */
  max_bytes: count(65_536, 2_147_483_647, 268_435_456),
  /** Hosts of private networks may be asked. */
  private_addresses: z.boolean().default(false),
  /** Connects for us; absent: the environment's `https_proxy`. */
  proxy: httpUrl
    .refine((text) => text.startsWith('http://'), { error: 'an http:// URL' })
    .optional(),
  /** Where the tables are replicated: the name of the cluster. */
  cluster: z
    .string()
    .regex(/^[A-Za-z0-9_.-]+$/, { error: 'the name of a ClickHouse cluster' })
    .optional(),
  /** Folder for files of node_exporter's textfile collector, one a job. */
  metrics_dir: absolutePath.optional(),
});
