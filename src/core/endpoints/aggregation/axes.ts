/** What an aggregation can be grouped by (protocol, data 4.7). */
import { bucketSql, type TimeGrain } from '../../time/timeGrain.ts';

export const AXES = [
  'measurement_start_day',
  'probe_cc',
  'domain',
  'input',
  'test_name',
  'probe_asn',
  'category_code',
  'blocking_type',
] as const;

export type Axis = (typeof AXES)[number];

export function isAxis(name: string): name is Axis {
  return (AXES as readonly string[]).includes(name);
}

/** SQL of an axis over `fastpath`, joined with `CATEGORIES_JOIN` for the category. */
export function axisSql(axis: Axis, grain: TimeGrain, categoryFilter: string | undefined): string {
  switch (axis) {
    case 'measurement_start_day':
      return bucketSql(grain, 'measurement_start_time');
    case 'blocking_type':
      // The column of that name is empty in rows of old times.
      return `JSONExtractString(scores, 'analysis', 'blocking_type')`;
    case 'category_code':
      return categoryFilter === undefined ? OWN_CATEGORY : '{category_code:String}';
    default:
      return axis;
  }
}

/**
 * Every listed URL once, with its categories by list: the global list first, then by country. Joined
 * instead of the lists themselves, in which a URL may stand several times.
 */
export const CATEGORIES_JOIN = `INNER JOIN (
  SELECT url, arraySort(entry -> (entry.1 != 'zz', entry.1, entry.2), groupUniqArray((lower(cc), category_code))) AS entries
  FROM citizenlab GROUP BY url
) AS list ON list.url = input`;

/** By the list of the row's country, else the global one, else any (7.7). */
const OWN_CATEGORY =
  'entries[greatest(1, indexOf(arrayMap(entry -> entry.1, entries), lower(probe_cc)))].2';
