/** Who takes nothing of an answer is dropped; who waits for it, or takes it slowly but steadily, is not. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { dropSlowReader } from '../../../src/edge/http/slowReader.ts';

const PACE = { bytes: 65_536, withinMs: 300 };
const CHUNK = Buffer.alloc(16_384, 'x');

/** Answers with `make`; resolves with whether the reader was dropped before it left. */
async function serve(
  t: { teardown(step: () => unknown): unknown },
  make: (response: ServerResponse) => void,
  read: (socket: Socket, dropped: Promise<void>) => Promise<unknown>,
): Promise<boolean> {
  let isDropped = false;
  let drop = () => {};
  const dropped = new Promise<void>((resolve) => {
    drop = resolve;
  });
  const server = createServer((_, response) => {
    dropSlowReader(response, PACE, () => {
      isDropped = true;
      drop();
    });
    make(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await read(socket, dropped);
  const before = isDropped;
  socket.destroy();
  return before;
}

/** As much as the client takes, without end. */
const endless = (response: ServerResponse) => {
  const more = () => {
    while (!response.destroyed && response.write(CHUNK));
  };
  response.on('drain', more).on('error', () => {});
  more();
};

t.test('a client that takes nothing', async (t) => {
  const closed = async (socket: Socket, dropped: Promise<void>) => {
    await dropped;
    // It notices when it reads to the end of what was on its way.
    socket.resume();
    await once(socket, 'close');
  };
  t.equal(await serve(t, endless, closed), true);
});

t.test('a client that takes all of it', async (t) => {
  const read = async (socket: Socket) => {
    socket.resume();
    await sleep(3 * PACE.withinMs);
  };
  t.equal(await serve(t, endless, read), false);
});

t.test('a process that stood still blames no client', async (t) => {
  const read = async (socket: Socket) => {
    await sleep(PACE.withinMs / 5);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3 * PACE.withinMs);
    socket.resume();
    await sleep(PACE.withinMs);
  };
  t.equal(await serve(t, endless, read), false);
});

t.test('a client that waits for an answer that is long in the making', async (t) => {
  const slowly = (response: ServerResponse) => {
    response.write('a');
    const timer = setInterval(() => response.write('b'), PACE.withinMs / 4);
    response.on('close', () => clearInterval(timer));
  };
  const read = async (socket: Socket) => {
    socket.resume();
    await sleep(4 * PACE.withinMs);
  };
  t.equal(await serve(t, slowly, read), false);
});
