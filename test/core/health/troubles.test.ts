/** The words for what is wrong are the same wherever an operator meets them. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { HEALTH_ERRORS, TROUBLES } from '../../../src/core/health/troubles.ts';
import {
  isGoodTime,
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../src/core/measurement/measurementUid.ts';

t.test(
  'each trouble has its words, which docs/messages.md lists and nobody says otherwise',
  (t) => {
    t.strictSame(Object.keys(TROUBLES), [...HEALTH_ERRORS]);
    const page = readFileSync('docs/messages.md', 'utf8');
    for (const { what, todo } of Object.values(TROUBLES)) {
      t.ok(page.includes(`${what}: ${todo}\``), what);
      for (const file of ['src/api/health/healthWatch.ts', 'src/doctor/checks/service.ts'])
        t.notOk(readFileSync(file, 'utf8').includes(what), `${file} has no words of its own`);
    }
    t.end();
  },
);

t.test('a time is good when a uid can have it', (t) => {
  for (const [time, isGood] of [
    ['1999-12-31T23:59:59.999Z', false],
    ['2000-01-01T00:00:00.000Z', true],
    ['2099-12-31T23:59:59.999Z', true],
    ['2100-01-01T00:00:00.000Z', false],
  ] as const) {
    const atMs = Date.parse(time);
    t.equal(isGoodTime(atMs), isGood, time);
    const uid = makeMeasurementUid(atMs * 1000, 'IT', 'ndt', Buffer.from('{}'));
    t.equal(parseMeasurementUid(uid) !== undefined, isGood, uid);
  }
  t.notOk(isGoodTime(Number.NaN));
  t.end();
});
