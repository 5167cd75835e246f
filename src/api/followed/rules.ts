/** The rules of URL prioritisation, followed. */
import { isObject } from '../../core/json/jsonValue.ts';
import type { Rule } from '../../core/prioritisation/rules.ts';
import { readRules } from '../../edge/clickhouse/prioritisation.ts';
import { type Followed, follow } from '../../program/follow.ts';
import { type FollowedParts, type Keeping, keptIn } from './followedParts.ts';

/** The table is small, and whoever changes a rule wants to see it. */
const REFRESH_MS = 10_000;

export const RULES: Keeping<readonly Rule[]> = {
  name: 'prioritisation rules',
  fileName: 'prioritisation-rules.jsonl',
  encode: (rules) => rules,
  decode: (lines) => (lines.every(isRule) ? lines : undefined),
};

export function followRules(parts: FollowedParts): Followed<readonly Rule[]> {
  return follow<readonly Rule[]>({
    name: RULES.name,
    async load() {
      const { live, isEmpty } = await readRules(parts.client);
      // Rules that were all deleted are still in the table.
      if (isEmpty) throw new Error('the table url_priorities is empty: write rules into it');
      return live;
    },
    describe: ({ length }) => ({ rules: length }),
    kept: keptIn(parts, RULES),
    refreshMs: parts.refreshMs ?? REFRESH_MS,
    firstRetryMs: parts.firstRetryMs,
    advice:
      'the default rules hold meanwhile; check that ClickHouse runs and that `ooni-api migrate` was run',
    log: parts.log,
  });
}

function isRule(line: unknown): line is Rule {
  return (
    isObject(line) &&
    typeof line.priority === 'number' &&
    [line.category_code, line.domain, line.url, line.cc].every((part) => typeof part === 'string')
  );
}
