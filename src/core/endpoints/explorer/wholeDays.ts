/** Statistics over whole days: aggregations, and so the same counts as theirs (docs/design/statistics.md). */
import type { Aggregation } from '../aggregation/aggregationSql.ts';

type Asked = Pick<Aggregation, 'sinceMs' | 'untilMs' | 'axes'> & Partial<Aggregation>;

/** By day where the time is an axis; no filter but those that are named. */
export function wholeDays(asked: Asked): Aggregation {
  return {
    input: undefined,
    domains: undefined,
    categoryCode: undefined,
    probeCcs: undefined,
    probeAsns: undefined,
    testNames: undefined,
    ooniRunLinkIds: undefined,
    grain: 'day',
    ...asked,
  };
}
