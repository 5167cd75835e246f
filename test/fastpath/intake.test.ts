import t from 'tap';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../src/core/measurement/measurementUid.ts';
import { makeIntake } from '../../src/fastpath/intake.ts';

let clockUs = 1_800_000_000_000_000;
const makeUid = () =>
  parseMeasurementUid(makeMeasurementUid(clockUs++, 'IT', 'ndt', Buffer.from(String(clockUs))))!;

const never = () => {};

t.test('fresh hints come before the backlog', async (t) => {
  const backlog = [makeUid(), makeUid()];
  const intake = makeIntake({
    async *listPending() {
      yield* backlog;
    },
    maxHints: 10,
    sweepIntervalMs: 60_000,
    onReady: never,
  });
  t.teardown(() => intake.close());
  t.strictSame(await intake.next(), { uid: backlog[0]!.text, mayBeStored: true });
  const fresh = makeUid();
  intake.hint(fresh);
  t.strictSame(await intake.next(), { uid: fresh.text, mayBeStored: false });
  t.strictSame(await intake.next(), { uid: backlog[1]!.text, mayBeStored: true });
  t.equal(await intake.next(), undefined);
});

t.test('hints over the limit are dropped and counted; repeated ones cost nothing', async (t) => {
  const intake = makeIntake({
    async *listPending() {},
    maxHints: 2,
    sweepIntervalMs: 60_000,
    onReady: never,
  });
  t.teardown(() => intake.close());
  const [a, b, c] = [makeUid(), makeUid(), makeUid()];
  for (const uid of [a, b, c]) intake.hint(uid);
  t.equal(intake.waitingHints, 2);
  t.equal(intake.droppedHints, 1);
  t.equal((await intake.next())?.uid, a.text);
  intake.hint(b);
  t.equal((await intake.next())?.uid, b.text);
  t.equal(await intake.next(), undefined);
});

t.test('later sweeps find what lost its hint, and read no faster than it is taken', async (t) => {
  const lost = makeUid();
  let listed = 0;
  let ready!: () => void;
  const onReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  let sweeps = 0;
  const intake = makeIntake({
    async *listPending() {
      if (sweeps++ === 0) return;
      for (;;) {
        listed++;
        yield lost;
      }
    },
    maxHints: 2,
    sweepIntervalMs: 1,
    onReady: () => ready(),
  });
  t.teardown(() => intake.close());
  t.equal(await intake.next(), undefined);
  await onReady;
  t.strictSame(await intake.next(), { uid: lost.text, mayBeStored: true });
  await new Promise(setImmediate);
  t.equal(listed, 1);
});

t.test('a folder that cannot be read is tried again at the next sweep', async (t) => {
  let sweeps = 0;
  const uid = makeUid();
  let ready!: () => void;
  const onReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  const intake = makeIntake({
    async *listPending() {
      if (sweeps++ === 0) throw new Error('EIO');
      yield uid;
    },
    maxHints: 2,
    sweepIntervalMs: 1,
    onReady: () => ready(),
  });
  t.teardown(() => intake.close());
  await t.rejects(intake.next(), { message: 'EIO' });
  t.equal(await intake.next(), undefined);
  await onReady;
  t.equal((await intake.next())?.uid, uid.text);
});
