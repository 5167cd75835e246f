import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { parseMeasurementUid } from '../../src/core/measurement/measurementUid.ts';
import { countPauseMs, watchPending } from '../../src/fastpath/pendingGauges.ts';
import { makeLog } from '../../src/log/log.ts';

t.test('how many there are, and how old the oldest is', async (t) => {
  const lines: string[] = [];
  let counted: { count: number; oldestAgeMs: number } | undefined;
  const gauges = watchPending({
    async *pending() {
      for (const year of ['2002', '2001', '2003'])
        yield parseMeasurementUid(`${year}0101000000.000000_IT_ndt_0123456789abcdef`)!;
    },
    onCount: (found) => {
      counted = found;
    },
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
  });
  t.teardown(() => gauges.close());
  while (counted === undefined) await sleep(1);
  t.equal(counted.count, 3);
  t.equal(gauges.count, 3);
  const ageMs = Date.now() - Date.UTC(2001);
  t.ok(counted.oldestAgeMs <= ageMs && counted.oldestAgeMs > Date.now() - Date.UTC(2002));
  t.strictSame(lines, []);
});

t.test('a folder that cannot be read is told', async (t) => {
  const lines: string[] = [];
  const gauges = watchPending({
    // biome-ignore lint/correctness/useYield: it fails before.
    async *pending() {
      throw new Error('EIO');
    },
    onCount: () => t.fail('nothing was counted'),
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
  });
  t.teardown(() => gauges.close());
  while (lines.length === 0) await sleep(1);
  t.match(lines, [/^<4>cannot count pending\/ .*EIO/]);
});

t.test('what takes long is done less often', async (t) => {
  t.equal(countPauseMs(0), 15_000);
  t.equal(countPauseMs(1_500), 15_000);
  t.equal(countPauseMs(6_000), 60_000);
});
