import t from 'tap';
import { makeConditions } from '../../../src/core/sql/conditions.ts';
import { addWindow, type OpenWindow, windowValues } from '../../../src/core/sql/timeWindow.ts';

t.test('bounds of a window, each by itself', (t) => {
  const since = 'fromUnixTimestamp64Milli({since:Int64})';
  const until = 'fromUnixTimestamp64Milli({until:Int64})';
  const cases: [OpenWindow, string, object][] = [
    [{ sinceMs: undefined, untilMs: undefined }, 'true', {}],
    [{ sinceMs: 5, untilMs: undefined }, `ts >= ${since}`, { since: 5 }],
    [{ sinceMs: undefined, untilMs: 0 }, `ts <= ${until}`, { until: 0 }],
    [{ sinceMs: 5, untilMs: 7 }, `ts >= ${since}\n  AND ts <= ${until}`, { since: 5, until: 7 }],
  ];
  for (const [window, sql, values] of cases) {
    const conditions = makeConditions();
    addWindow(conditions, window, 'ts');
    t.strictSame([conditions.sql, conditions.values], [sql, values]);
  }
  const open = makeConditions();
  addWindow(open, { sinceMs: 5, untilMs: 7 }, 'ts', { since: '>', until: '<' });
  t.equal(open.sql, `ts > ${since}\n  AND ts < ${until}`);
  t.end();
});

t.test('seconds for a DateTime', (t) => {
  const day = { sinceMs: 86_400_000, untilMs: 172_800_000 };
  t.strictSame(windowValues(day), { since: 86_400, until: 172_800 });
  t.end();
});
