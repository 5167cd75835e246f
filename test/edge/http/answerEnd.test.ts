/** An answer's end is heard of, however and whenever it comes. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import t from 'tap';
import { onAnswerEnd } from '../../../src/edge/http/answerEnd.ts';

type Teardown = { teardown(step: () => unknown): unknown };

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A server that does nothing by itself, and a client. */
async function open(t: Teardown, requests: number): Promise<{ client: Socket; got: Exchange[] }> {
  const got: Exchange[] = [];
  let all = () => {};
  const complete = new Promise<void>((resolve) => {
    all = resolve;
  });
  const server = createServer((request, response) => {
    got.push({ request, response });
    if (got.length === requests) all();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(requests));
  await complete;
  return { client, got };
}

const ended = (response: ServerResponse) =>
  new Promise<boolean>((resolve) => onAnswerEnd(response, resolve));
/** Resolves when the server's side of the connection is closed. */
const gone = ({ request }: Exchange) =>
  new Promise<void>((resolve) => request.socket.once('close', () => resolve()));

t.test('an answer that is taken', async (t) => {
  const { got } = await open(t, 1);
  const end = ended(got[0]!.response);
  got[0]!.response.end('body');
  t.equal(await end, true);
  t.equal(await ended(got[0]!.response), true, 'and after it');
});

t.test('a client that leaves', async (t) => {
  const { client, got } = await open(t, 1);
  const end = ended(got[0]!.response);
  client.destroy();
  t.equal(await end, false);
});

t.test('a client that has left', async (t) => {
  const { client, got } = await open(t, 1);
  const left = gone(got[0]!);
  client.destroy();
  await left;
  t.equal(await ended(got[0]!.response), false);
});

t.test('answers that stand behind one that never came', async (t) => {
  const { client, got } = await open(t, 12);
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on('warning', warn);
  const ends = got.map(({ response }) => ended(response));
  got[1]!.response.end('has to wait');
  const left = gone(got[0]!);
  client.destroy();
  t.strictSame(
    await Promise.all(ends),
    got.map(() => false),
  );
  await left;
  t.equal(await ended(got[2]!.response), false, 'and once the connection has gone');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', warn);
  t.strictSame(warnings, [], 'no listener for each of them on the connection');
});
