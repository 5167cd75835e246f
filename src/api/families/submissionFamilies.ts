/** Where measurements come in. */

import { openHintClient } from '../../edge/hints/hintClient.ts';
import { openGunzip } from '../../edge/http/gunzip.ts';
import { openLetGo } from '../../edge/http/letGo.ts';
import { type MemoryBudget, makeMemoryBudget } from '../../edge/http/memory.ts';
import { openLayoutFinder } from '../../edge/layout/layout.ts';
import { openDepositor } from '../../edge/spool/deposit/native.ts';
import { openSeen } from '../../edge/spool/seen.ts';
import { openDecompressor } from '../../edge/zstd/native.ts';
import { openCredentials } from '../credentials.ts';
import { makeJsonBodies } from '../jsonBodies.ts';
import { watchPlaces } from '../placeMismatches.ts';
import type { FamilyGroup } from '../routeFamily.ts';
import { credentialRoutes } from '../routes/submission/credentialRoutes.ts';
import { reportRoutes } from '../routes/submission/reports.ts';
import { makeStorageFaults } from '../routes/submission/storageFaults.ts';
import { makeBodyReader } from '../routes/submission/submissionBody.ts';
import { makeSubmissionStore, type SubmissionStore } from '../routes/submission/submissionStore.ts';
import { submitRoute } from '../routes/submission/submit.ts';
import { publicUrl, type SharedParts } from './sharedParts.ts';

export type StartZstdThread = Parameters<typeof openDecompressor>[0]['startThread'];

export interface SubmissionGroup extends FamilyGroup {
  readonly store: SubmissionStore;
  readonly hints: ReturnType<typeof openHintClient>;
  /** Of bodies that come in. */
  readonly memory: MemoryBudget;
}

/** A thread may have to start on a busy machine; its work has a budget by its size beside this. */
const ZSTD_BASE_BUDGET_MS = 3_000;

export function openSubmissions(
  shared: SharedParts,
  startZstdThread: StartZstdThread,
): SubmissionGroup {
  const { config, spool, freeSpace, clock, requests, log, metrics } = shared;
  const hints = openHintClient(config.fastpath_socket);
  // All say the same of the same module.
  const onFallback = once((reason: string) =>
    log.warning('the native module cannot be used: JavaScript takes more processor time', {
      reason,
    }),
  );
  const zstd = openDecompressor(
    { startThread: startZstdThread, baseBudgetMs: ZSTD_BASE_BUDGET_MS },
    onFallback,
  );
  const layouts = openLayoutFinder(onFallback);
  const memory = makeMemoryBudget(config.max_inflight_bytes, undefined, openLetGo(onFallback));
  const store = makeSubmissionStore({
    spool,
    seen: openSeen(config.spool_dir),
    openDepositor: (parts) => openDepositor(parts, onFallback),
    hints,
    clock,
    log,
    metrics,
    faults: makeStorageFaults(log),
    freeSpace,
  });
  const bodies = makeBodyReader({
    // Compressed and decompressed, a body is in memory twice: one that never fits is too large, not
    // something to try again.
    maxBodyBytes: Math.min(config.max_body_bytes, Math.floor(config.max_inflight_bytes / 2)),
    maxBodyRatio: config.max_body_ratio,
    ratioFromBytes: config.body_ratio_from_bytes,
    minBytesPerSecond: config.min_body_bytes_per_second,
    memory,
    zstd,
    gunzip: openGunzip(onFallback),
    layouts,
    metrics,
  });
  const collectorId = config.collector_id;
  const places = watchPlaces({
    locate: shared.geoip.locate,
    client: shared.client,
    metrics,
    log,
    nowMs: requests.nowMs,
  });
  // From the start, so that the alert has something to look at.
  metrics.verifications.inc({ outcome: 'unusable' }, 0);
  const credentials = openCredentials({
    manifestFile: config.credentials.manifest_file,
    verifierSocket: config.credentials.verifier_socket,
    timeoutMs: config.credentials.timeout_ms,
    minimumProtocolVersion: config.credentials.minimum_protocol_version,
    log,
    followLog: shared.followLog,
    countVerification: (outcome) => metrics.verifications.inc({ outcome }),
  });
  return {
    families: [
      reportRoutes({ collectorId, bodies, submissions: store, places, requests, clock, metrics }),
      submitRoute({
        collectorId,
        bodies,
        submissions: store,
        credentials,
        places,
        requests,
        metrics,
      }),
      credentialRoutes({
        credentials,
        bodies: makeJsonBodies(config.min_body_bytes_per_second),
        baseUrl: publicUrl(config),
        libraryVersion: config.credentials.library_version,
        nowMs: requests.nowMs,
      }),
    ],
    store,
    hints,
    memory,
    async close() {
      hints.close();
      credentials.close();
      await places.close();
      layouts?.close();
      await zstd.close();
    },
  };
}

function once(say: (reason: string) => void): (reason: string) => void {
  let said = false;
  return (reason) => {
    if (!said) say(reason);
    said = true;
  };
}
