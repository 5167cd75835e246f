/** Reads of what was measured. */
import { parsePublicKey } from '../../core/archive/note.ts';
import { ENDPOINTS } from '../../core/endpoints/registry.ts';
import { MAX_BODY_BYTES } from '../../core/measurement/sizes.ts';
import { makeMemoryBudget } from '../../edge/http/memory.ts';
import { type ArchiveFiles, openArchiveFiles } from '../archiveFiles.ts';
import { openArchive } from '../bodies/archive.ts';
import { type BodyBounds, makeBodyBounds } from '../bodies/bounded.ts';
import { openObjectCache } from '../bodies/cache.ts';
import { openOtherHosts } from '../bodies/hosts.ts';
import { makeBodyLookup } from '../bodies/lookup.ts';
import { makeBodyTexts } from '../bodies/texts.ts';
import { type EndpointReads, makeEndpointReads } from '../endpointReads.ts';
import { openPublishedLogs, type PublishedLogs } from '../publishedLogs.ts';
import type { FamilyGroup } from '../routeFamily.ts';
import { bodyRoutes } from '../routes/data/bodyRoutes.ts';
import { endpointRoutes } from '../routes/data/endpointRoute.ts';
import { exportRoute } from '../routes/data/exportRoute.ts';
import { fileListRoute } from '../routes/data/fileListRoute.ts';
import { proofRoutes } from '../routes/data/proofRoutes.ts';
import { searchRoute } from '../routes/data/searchRoute.ts';
import { makeSearches, type Searches } from '../routes/data/searchRows.ts';
import { publicUrl, type SharedParts } from './sharedParts.ts';

/** The largest answers of an aggregation, a million rows, take two thirds of it. */
const ANSWERS_BYTES = 805_306_368;

export interface DataGroup extends FamilyGroup {
  readonly searches: Searches;
  /** For whoever else asks the endpoints. */
  readonly reads: EndpointReads;
  readonly files: ArchiveFiles;
  readonly logs: PublishedLogs;
  readonly bounds: BodyBounds;
}

export function openData(shared: SharedParts): DataGroup {
  const { config, database, objects, spool, requests, log, metrics } = shared;
  // Not the bound on submissions: what was accepted under a larger one must stay readable.
  const maxReadBytes = MAX_BODY_BYTES;
  const cache = openObjectCache({
    objects,
    dir: config.cache_dir,
    maxBytes: config.cache_max_bytes,
    log,
  });
  const archive = openArchive({ database, objects, cache, maxBodyBytes: maxReadBytes, log });
  const hosts = openOtherHosts({
    hosts: config.other_hosts,
    timeoutMs: config.other_hosts_timeout_ms,
    maxBytes: maxReadBytes,
    log,
  });
  const bounds = makeBodyBounds(makeMemoryBudget(config.max_inflight_bytes));
  const lookup = makeBodyLookup({ spool, hosts, archive, metrics, log });
  const bodyTexts = makeBodyTexts(lookup, bounds);
  const baseUrl = publicUrl(config);
  const { nowMs } = requests;
  const searches = makeSearches({ database, nowMs });
  const memory = makeMemoryBudget(ANSWERS_BYTES);
  const reads = makeEndpointReads({ database, bodyTexts, memory, baseUrl, nowMs });
  const files = openArchiveFiles({ objects, database, log });
  const logs = openPublishedLogs({
    objects,
    collectorId: config.collector_id,
    logVerifier: parsePublicKey(config.log_public_key ?? ''),
    log,
  });
  return {
    families: [
      searchRoute({ searches, baseUrl, nowMs }),
      bodyRoutes({ database, lookup, bounds, spool }),
      exportRoute({ database, timeoutMs: config.export_timeout_ms, log }),
      fileListRoute({ files, baseUrl }),
      endpointRoutes({ endpoints: ENDPOINTS, reads }),
      proofRoutes({ database, logs }),
    ],
    searches,
    reads,
    files,
    logs,
    bounds,
  };
}
