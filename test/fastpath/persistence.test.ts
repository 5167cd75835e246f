import t from 'tap';
import { makePersistence } from '../../src/fastpath/persistence.ts';
import { makeLog } from '../../src/log/log.ts';

// A pause that no test waits for.
const HOUR_MS = 3_600_000;

const setUp = (answers: () => Promise<boolean>) =>
  makePersistence({
    answers,
    isRowError: () => false,
    log: makeLog({ level: 'err', journald: true, write: () => {} }),
    onFailure: () => {},
    troubleText: 'nothing is lost',
    pauseMs: { first: HOUR_MS, most: HOUR_MS },
  });
const fails = async () => {
  throw new Error('down');
};

t.test('stopped while it asks whether the server answers: no pause after that', async (t) => {
  const persistence = setUp(async () => {
    persistence.abandon();
    return false;
  });
  t.strictSame(await persistence.persist(fails, 'any error', 1), { kind: 'abandoned' });
});

t.test('stopped within a pause, before one, and before any try', async (t) => {
  const persistence = setUp(async () => false);
  const trying = persistence.persist(fails, 'any error');
  while (!persistence.inTrouble) await new Promise(setImmediate);
  persistence.abandon();
  t.strictSame(await trying, { kind: 'abandoned' });
  await persistence.pause(new Error('down'), 0);
  t.strictSame(await persistence.persist(async () => t.fail(), 'any error'), { kind: 'abandoned' });
});

t.test('a server that answers, and not this: too heavy', async (t) => {
  const persistence = setUp(async () => true);
  t.match(await persistence.persist(fails, 'any error', 1), { kind: 'too heavy' });
});
