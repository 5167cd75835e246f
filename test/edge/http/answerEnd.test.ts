/** An answer's end is heard of, however and whenever it comes. */
import type { ServerResponse } from 'node:http';
import t from 'tap';
import { onAnswerEnd } from '../../../src/edge/http/answerEnd.ts';
import { type HeldRequest, holdRequests } from '../../support/heldRequests.ts';

const ended = (response: ServerResponse) =>
  new Promise<boolean>((resolve) => onAnswerEnd(response, resolve));
/** Resolves when the server's side of the connection is closed. */
const gone = ({ request }: HeldRequest) =>
  new Promise<void>((resolve) => request.socket.once('close', () => resolve()));

t.test('an answer that is taken', async (t) => {
  const { held } = await holdRequests(t, 1);
  const end = ended(held[0]!.response);
  held[0]!.response.end('body');
  t.equal(await end, true);
  t.equal(await ended(held[0]!.response), true, 'and after it');
});

t.test('a client that leaves', async (t) => {
  const { client, held } = await holdRequests(t, 1);
  const end = ended(held[0]!.response);
  client.destroy();
  t.equal(await end, false);
});

t.test('a client that has left', async (t) => {
  const { client, held } = await holdRequests(t, 1);
  const left = gone(held[0]!);
  client.destroy();
  await left;
  t.equal(await ended(held[0]!.response), false);
});

t.test('answers that stand behind one that never came', async (t) => {
  const { client, held } = await holdRequests(t, 12);
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const ends = held.map(({ response }) => ended(response));
  held[1]!.response.end('has to wait');
  const left = gone(held[0]!);
  client.destroy();
  t.strictSame(
    await Promise.all(ends),
    held.map(() => false),
  );
  await left;
  t.equal(await ended(held[2]!.response), false, 'and once the connection has gone');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  t.strictSame(warnings, [], 'no listener for each of them on the connection');
});
