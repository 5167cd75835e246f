/**
 * GET /api/v1/files/counts: how much was published of each day, hour, country or test, from the index of what
 * the logs cover (protocol, data 4.5). No bucket is asked: it would have to be listed as a whole.
 */
import { dayPrefix } from '../../archive/names.ts';
import { plainTestName } from '../../nettests/testNameForms.ts';
import { makeConditions } from '../../sql/conditions.ts';
import { DAY_MS, startOfDayMs } from '../../time/days.ts';
import { endpoint, type RowsByQuery } from '../endpoint.ts';
import { choice, datetime, list } from '../parameters.ts';

const DEFAULT_DAYS = 30;

/** Parts of a key, `raw/<YYYYMMDD>/<HH>/<CC>/<test>/…`, by the name of what they say. */
const PARTS = {
  day: 'part[2]',
  hour: "concat(part[2], 'T', part[3])",
  probe_cc: 'part[4]',
  test_name: 'part[5]',
} as const;
type Part = keyof typeof PARTS;
const FILE_PARTS = Object.keys(PARTS) as Part[];

interface Rows extends RowsByQuery {
  readonly counts: readonly {
    readonly name: string;
    readonly can_count: number;
    readonly measurement_count: number;
  }[];
}

export const fileCounts = endpoint({
  path: '/api/v1/files/counts',
  summary:
    'Cans of the archive and the measurements in them, by day of receipt, hour, country or test',
  cacheSeconds: 60,
  parameters: {
    by: choice('What to count by; `day` by default', FILE_PARTS),
    since: datetime('The first day of receipt, UTC; by default 30 days before `until`'),
    until: datetime('The day after the last one; by default tomorrow'),
    probe_cc: list('Countries, as two letters'),
    test_name: list('Tests'),
  },
  read({ by = 'day', since, until, probe_cc: probeCcs, test_name: tests }, nowMs) {
    const untilMs = startOfDayMs(until ?? nowMs + DAY_MS);
    const sinceMs = startOfDayMs(since ?? untilMs - DEFAULT_DAYS * DAY_MS);
    return {
      kind: 'ok',
      asked: { by, sinceMs, untilMs, probeCcs, tests: tests?.map(plainTestName) },
    };
  },
  queries({ by, sinceMs, untilMs, probeCcs, tests }) {
    const conditions = makeConditions();
    // Keys begin with the day: the range is one of the table's key.
    conditions.add('s3path >= {first:String} AND s3path < {end:String}', {
      first: dayPrefix(sinceMs),
      end: dayPrefix(untilMs),
    });
    if (probeCcs !== undefined)
      conditions.add('part[4] IN {probe_cc:Array(String)}', { probe_cc: probeCcs });
    if (tests !== undefined)
      conditions.add('part[5] IN {test_name:Array(String)}', { test_name: tests });
    return {
      counts: {
        sql: `SELECT ${PARTS[by]} AS name, toUInt32(count()) AS can_count, sum(leaves) AS measurement_count
FROM (
  SELECT splitByChar('/', s3path) AS part, leaves FROM archive_log
  WHERE ${conditions.sql}
  ORDER BY s3path, update_time DESC
  LIMIT 1 BY s3path
)
GROUP BY name
ORDER BY name`,
        values: conditions.values,
      },
    };
  },
  answer: ({ counts }: Rows, { by }) => ({
    kind: 'json',
    value: {
      result: counts.map(({ name, can_count, measurement_count }) => ({
        [by]: shownPart(by, name),
        can_count,
        measurement_count: Number(measurement_count),
      })),
    },
  }),
});

/** `2026-07-11`, `2026-07-11T09` of `20260711T09`; names as keys have them. */
function shownPart(by: Part, name: string): string {
  return by === 'day' || by === 'hour' ? name.replace(/^(\d{4})(\d\d)(\d\d)/, '$1-$2-$3') : name;
}
