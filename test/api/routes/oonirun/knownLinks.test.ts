import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { makeKnownLinks } from '../../../../src/api/routes/oonirun/knownLinks.ts';
import type { Link } from '../../../../src/core/oonirun/link.ts';

const STAYS = new AbortController().signal;
const link = (revision: number, more: Partial<Link> = {}) => ({ revision, ...more }) as Link;
const fails = async () => {
  throw new Error('the database is away');
};
const untilStopped = async (stop: AbortSignal): Promise<never> => {
  await sleep(60_000, undefined, { signal: stop });
  throw new Error('waited to the end');
};

t.test('what the database has wins; what it had is for when it is away', async (t) => {
  const known = makeKnownLinks({ patienceMs: 20 });
  await t.rejects(known.find('1 latest', fails, STAYS), /away/, 'nothing is known');
  t.match(await known.find('1 latest', async () => link(1), STAYS), { revision: 1 });
  t.match(await known.find('1 latest', async () => link(2), STAYS), { revision: 2 });
  t.match(await known.find('1 latest', fails, STAYS), { revision: 2 });
  t.match(
    await known.find('1 latest', untilStopped, STAYS),
    { revision: 2 },
    'it is not waited for',
  );
  await t.rejects(known.find('1 1', fails, STAYS), /away/, 'another revision is another answer');
  t.equal(await known.find('1 latest', async () => undefined, STAYS), undefined);
  await t.rejects(known.find('1 latest', fails, STAYS), /away/, 'what is gone is gone');
});

t.test('nothing is made up for a client that has gone', async (t) => {
  const known = makeKnownLinks();
  await known.find('1 latest', async () => link(1), STAYS);
  const gone = new AbortController();
  const asked = known.find('1 latest', untilStopped, gone.signal);
  gone.abort();
  await t.rejects(asked);
});

t.test('no more are kept than there is room for, the last that were asked for', async (t) => {
  const known = makeKnownLinks({ maxCharacters: 2_500 });
  const long = link(1, { description: 'x'.repeat(1_000) });
  for (const key of ['a', 'b']) await known.find(key, async () => long, STAYS);
  await known.find('a', fails, STAYS);
  await known.find('c', async () => long, STAYS);
  await t.rejects(known.find('b', fails, STAYS));
  for (const key of ['a', 'c']) t.match(await known.find(key, fails, STAYS), { revision: 1 });
  await known.find('d', async () => link(1, { description: 'x'.repeat(5_000) }), STAYS);
  await t.rejects(known.find('d', fails, STAYS), /away/, 'one that is too large for all of it');
  const many = makeKnownLinks();
  for (let id = 0; id < 1_001; id++) await many.find(`${id}`, async () => link(1), STAYS);
  await t.rejects(many.find('0', fails, STAYS));
  t.match(await many.find('1', fails, STAYS), { revision: 1 });
});
