/** How often each URL was measured lately by each network, followed. */
import { type Counters, fromLines, toLines } from '../../core/prioritisation/counters.ts';
import { readCounters } from '../../edge/clickhouse/prioritisation.ts';
import { type Followed, follow } from '../../program/follow.ts';
import { type FollowedParts, type Keeping, keptIn } from './followedParts.ts';

/** A URL that was measured sinks in the list of its network within a minute. */
const REFRESH_MS = 30_000;

export const COUNTERS: Keeping<Counters> = {
  name: 'measurement counters',
  fileName: 'measurement-counters.jsonl',
  encode: toLines,
  decode: fromLines,
};

export function followCounters(parts: FollowedParts): Followed<Counters> {
  return follow<Counters>({
    name: COUNTERS.name,
    load: () => readCounters(parts.client, parts.nowMs()),
    // They are of the URLs of the test list: where that was lost, so are these.
    refuse: (next, inUse) =>
      next.urls.length === 0 && inUse !== undefined && inUse.urls.length > 0
        ? 'no URL of the test list has been measured: the table citizenlab or counters_asn_test_list is empty (ooni-api migrate --rebuild fills the latter)'
        : undefined,
    // They change all the time: that is not worth a line.
    describe: () => ({}),
    kept: keptIn(parts, COUNTERS),
    refreshMs: parts.refreshMs ?? REFRESH_MS,
    firstRetryMs: parts.firstRetryMs,
    advice:
      'every URL counts as not measured meanwhile; check that ClickHouse runs and that `ooni-api migrate` was run',
    log: parts.log,
  });
}
