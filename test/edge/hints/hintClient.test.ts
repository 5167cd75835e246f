/**
 * Covers src/edge/hints/hintServer.ts, src/log/oncePer.ts.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { openHintClient } from '../../../src/edge/hints/hintClient.ts';
import { listenForHints } from '../../../src/edge/hints/hintServer.ts';
import { makeLog } from '../../../src/log/log.ts';

const uid = (serial: number) =>
  `2026082110${String(serial).padStart(4, '0')}.123456_IT_ndt_0f3c9b7a5d2e4418`;

/** Socket paths are short; test folders are not. */
function socketPath(t: { teardown(step: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-hints-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return join(dir, 's');
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(5);
}

const quiet = makeLog({ level: 'err', journald: false, write: () => {} });

t.test('hints arrive, also after the listener was away', async (t) => {
  const path = socketPath(t);
  const client = openHintClient(path);
  t.teardown(() => client.close());
  client.send(uid(1));
  t.equal(client.dropped, 1, 'nobody listens');

  for (let round = 0; round < 2; round++) {
    const heard: string[] = [];
    const server = await listenForHints({ path }, ({ text }) => heard.push(text), quiet);
    await until(() => client.connected);
    const sent = [uid(10 * round), uid(10 * round + 1)];
    for (const text of sent) client.send(text);
    await until(() => heard.length === 2);
    t.strictSame(heard, sent);
    await server.close();
    await until(() => !client.connected);
    client.send(uid(99));
  }
  t.equal(client.dropped, 3);
});

t.test('a sign of life is what counts, not a connection', async (t) => {
  const path = socketPath(t);
  let nowMs = 0;
  const client = openHintClient(path, () => nowMs);
  t.teardown(() => client.close());
  t.equal(client.answers, false, 'nobody was ever there');

  // As systemd's socket while fastpath is away or hangs.
  const silent = createServer((peer) => peer.on('error', () => {}));
  await new Promise<void>((resolve) => silent.listen(path, resolve));
  const peers: Socket[] = [];
  silent.on('connection', (peer) => peers.push(peer));
  await until(() => client.connected && peers.length > 0);
  await sleep(50);
  t.equal(client.answers, false, 'it takes connections, and says nothing');
  for (const peer of peers) peer.destroy();
  await new Promise((resolve) => silent.close(resolve));

  const server = await listenForHints({ path }, () => {}, quiet);
  await until(() => client.answers);
  nowMs += 14_000;
  t.equal(client.answers, true);
  nowMs += 2_000;
  t.equal(client.answers, false, 'it hangs');
  await until(() => client.answers);
  await server.close();
  await until(() => !client.connected);
  t.equal(client.answers, true, 'a restart is not being away');
  nowMs += 15_000;
  t.equal(client.answers, false);
});

t.test('a listener that does not read costs a bounded buffer', async (t) => {
  const path = socketPath(t);
  const server = createServer((peer) => peer.pause());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => server.close());
  const client = openHintClient(path);
  await until(() => client.connected);
  const before = process.memoryUsage().rss;
  for (let serial = 0; client.dropped < 100_000; serial++) {
    client.send(uid(serial % 10_000));
    if (serial % 1000 === 0) await new Promise(setImmediate);
  }
  t.ok(process.memoryUsage().rss - before < 100_000_000);
  client.close();
});

t.test('a path that cannot be used throws nothing', async (t) => {
  const client = openHintClient('/proc/no/such/socket');
  client.send(uid(1));
  await sleep(50);
  client.send(uid(2));
  t.equal(client.dropped, 2);
  client.close();
  client.send(uid(3));
  t.equal(client.dropped, 3);
});
