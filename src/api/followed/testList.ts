/** The URL test list, followed. One that was lost is not taken: a probe with an empty list gives up. */
import { isObject } from '../../core/json/jsonValue.ts';
import type { ListEntry } from '../../core/prioritisation/rules.ts';
import { readTestList } from '../../edge/clickhouse/prioritisation.ts';
import { type Followed, follow } from '../../program/follow.ts';
import { type FollowedParts, type Keeping, keptIn } from './followedParts.ts';

const REFRESH_MS = 60_000;

export const TEST_LIST: Keeping<readonly ListEntry[]> = {
  name: 'test list',
  fileName: 'test-list.jsonl',
  encode: (entries) => entries,
  decode: (lines) => (lines.length > 0 && lines.every(isEntry) ? lines : undefined),
};

export function followTestList(parts: FollowedParts): Followed<readonly ListEntry[]> {
  return follow<readonly ListEntry[]>({
    name: TEST_LIST.name,
    load: async () => (await readTestList(parts.client)).filter(({ url }) => url !== ''),
    refuse: (next) =>
      next.length === 0 ? 'the table citizenlab is empty: fill it (ooni-api fetch)' : undefined,
    describe: ({ length }) => ({ entries: length }),
    kept: keptIn(parts, TEST_LIST),
    refreshMs: parts.refreshMs ?? REFRESH_MS,
    firstRetryMs: parts.firstRetryMs,
    advice:
      'probes get the short list of the package meanwhile; check that ClickHouse runs, and that the table citizenlab is filled',
    log: parts.log,
  });
}

function isEntry(line: unknown): line is ListEntry {
  return (
    isObject(line) &&
    [line.category_code, line.domain, line.url, line.cc].every((part) => typeof part === 'string')
  );
}
