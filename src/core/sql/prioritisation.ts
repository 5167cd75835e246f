/** What is read for URL prioritisation, and how its rules change (protocol, probes 4.8 and 3.17). */

import type { RuleChange } from '../prioritisation/ruleChange.ts';
import type { Rule } from '../prioritisation/rules.ts';
import type { Query } from './query.ts';

/** The whole test list, each entry once, in an order that stays. */
export const testListSql = `SELECT DISTINCT category_code, domain, url, cc
FROM citizenlab
ORDER BY cc, url, category_code, domain`;

const NEWEST_RULES = `SELECT category_code, cc, domain, url,
  argMax(tuple(sign, priority), version) AS newest
FROM url_priorities
GROUP BY category_code, cc, domain, url`;

/** All rules that there ever were: `is_live` is 0 of those that were deleted. */
export const rulesSql = `SELECT category_code, cc, domain, url,
  newest.2 AS priority, newest.1 = 1 AS is_live
FROM (${NEWEST_RULES})
ORDER BY category_code, cc, domain, url, priority`;

/** Of each URL of the test list how often each network measured it in these weeks. */
export function countersQuery(weeks: readonly string[]): Query {
  return {
    sql: `SELECT input, groupArray(probe_cc) AS ccs, groupArray(probe_asn) AS asns,
  groupArray(toUInt32(measurements)) AS counts
FROM (
  SELECT input, probe_cc, probe_asn, uniqExact(measurement) AS measurements
  FROM counters_asn_test_list
  WHERE week IN {weeks:Array(Date)} AND input IN (SELECT url FROM citizenlab)
  GROUP BY input, probe_cc, probe_asn
)
GROUP BY input`,
    values: { weeks },
  };
}

/**
 * Makes the change if it can be made, in one statement: nothing is written where the old rule is gone or
 * the new one is there already. Empty values of rules that were written by hand are as `*`.
 */
export function changeRulesQuery({ old, next }: RuleChange): Query {
  const is = (rule: Rule | undefined, name: string) =>
    rule === undefined
      ? 'false'
      : KEY.map((key) => `if(${key} = '', '*', ${key}) = {${name}_${key}:String}`).join(' AND ');
  const isOld = is(old, 'old');
  const isNext = is(next, 'next');
  const conditions = ['true'];
  if (next !== undefined)
    conditions.push(`(SELECT count() FROM live WHERE ${isNext} AND NOT (${isOld})) = 0`);
  if (next !== undefined && old !== undefined)
    conditions.push(
      `(SELECT count() FROM live WHERE ${isOld} AND priority = {old_priority:Int32}) > 0`,
    );
  const isSameRow = KEY.map((key) => `${key} = {next_${key}:String}`).join(' AND ');
  const deleted =
    old === undefined
      ? []
      : [
          // Not of the row that the new one takes the place of: the newest of two at once is any of them.
          `SELECT toInt8(-1) AS sign, category_code, cc, domain, url, priority
  FROM live WHERE ${isOld}${next === undefined ? '' : ` AND NOT (${isSameRow})`}`,
        ];
  const created =
    next === undefined
      ? []
      : [
          `SELECT toInt8(1) AS sign, ${KEY.map((key) => `{next_${key}:String} AS ${key}`).join(', ')},
  {next_priority:Int32} AS priority`,
        ];
  return {
    sql: `INSERT INTO url_priorities (sign, category_code, cc, domain, url, priority)
WITH live AS (
  SELECT category_code, cc, domain, url, newest.2 AS priority
  FROM (${NEWEST_RULES}) WHERE newest.1 = 1
)
SELECT sign, category_code, cc, domain, url, priority
FROM (
  ${[...deleted, ...created].join('\n  UNION ALL\n  ')}
)
WHERE ${conditions.join('\n  AND ')}`,
    values: { ...valuesOf(old, 'old'), ...valuesOf(next, 'next') },
  };
}

const KEY = ['category_code', 'cc', 'domain', 'url'] as const;

function valuesOf(rule: Rule | undefined, name: string): Query['values'] {
  if (rule === undefined) return {};
  const entries = [...KEY, 'priority' as const].map((key) => [`${name}_${key}`, rule[key]]);
  return Object.fromEntries(entries) as Query['values'];
}
