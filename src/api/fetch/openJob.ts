/** What a job runs with on this host: its sources, its store and its history, by the configuration. */
import { join } from 'node:path';
import type { ApiConfig } from '../../config/api.ts';
import type { Job, JobName, SourceFile } from '../../core/sources/job.ts';
import { parseSourceAddress, type SourceAddress } from '../../core/sources/sourceAddress.ts';
import type { History, Store } from '../../core/sources/store.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { openSourceHistory, openSourceTables } from '../../edge/clickhouse/sourceTables.ts';
import type { DownloadOptions } from '../../edge/sources/download.ts';
import { openFileStore } from '../../edge/sources/fileStore.ts';
import { checkGeoip } from '../../edge/sources/geoipCheck.ts';
import { isPublicAddress } from '../../edge/sources/publicAddress.ts';
import { SourceError } from '../../edge/sources/sourceError.ts';
import { VERSION } from '../../program/version.ts';
import { openFileHistory } from './fileHistory.ts';

export interface OpenedJob {
  readonly job: Job;
  readonly addresses: readonly SourceAddress[];
  readonly leastRows: number | undefined;
  readonly store: Store;
  readonly history: History;
  /** Why the file must not be put in place; undefined when it may, and for tables. */
  fileFault(files: readonly SourceFile[]): string | undefined;
}

export function openJob(job: Job, config: ApiConfig, client: ClickHouseClient): OpenedJob {
  const { fetch, sources_dir } = config;
  const ofJob: Record<JobName, { sources: readonly string[]; leastRows?: number }> = {
    fingerprints: { sources: fetch.fingerprints, leastRows: fetch.fingerprints_least_rows },
    'test-lists': { sources: fetch.test_lists, leastRows: fetch.test_lists_least_rows },
    'as-names': { sources: fetch.as_names, leastRows: fetch.as_names_least_rows },
    geoip: { sources: fetch.geoip },
  };
  const { sources, leastRows } = ofJob[job.name];
  const { replaces } = job;
  const where =
    replaces.kind === 'tables'
      ? {
          store: openSourceTables(client, job, replaces.tables, { cluster: fetch.cluster }),
          history: openSourceHistory(client),
          fileFault: () => undefined,
        }
      : {
          store: openFileStore(sources_dir, replaces.file, checkGeoip),
          history: openFileHistory(join(sources_dir, `${job.name}.history.jsonl`)),
          fileFault: geoipFault,
        };
  return { job, addresses: sources.map((text) => parseSourceAddress(text)!), leastRows, ...where };
}

function geoipFault([file]: readonly SourceFile[]): string | undefined {
  try {
    checkGeoip(file!.bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    return error.message;
  }
}

export function downloadOptions({ fetch }: ApiConfig, env: NodeJS.ProcessEnv): DownloadOptions {
  return {
    timeoutMs: fetch.timeout_ms,
    maxBytes: fetch.max_bytes,
    allowed: fetch.private_addresses ? () => true : isPublicAddress,
    // An empty one says that there is none.
    proxy: fetch.proxy ?? (env.https_proxy || env.HTTPS_PROXY || undefined),
    noProxy: env.no_proxy || env.NO_PROXY,
    userAgent: `ooni-api/${VERSION} (fetch)`,
  };
}
