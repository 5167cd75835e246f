/**
 * The Unix socket on which ooni-fastpath hears of fresh measurements: one uid a line. Hints only: a
 * lost one costs latency, because the pending folder is looked through as well. Who is connected gets a
 * sign of life, an empty line, at once and then every few seconds, as long as our event loop turns.
 */
import { chmod, unlink } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { type MeasurementUid, parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import type { Log } from '../../log/log.ts';
import { beginListening } from '../../log/serverFaults.ts';

export interface HintServer {
  close(): Promise<void>;
}

/** Longest line that can be a uid; a peer that sends more is not the api. */
const MAX_LINE_BYTES = 1024;
const SIGN_OF_LIFE = '\n';
const SIGN_EVERY_MS = 5_000;

export async function listenForHints(
  at: { readonly fd: number } | { readonly path: string },
  onHint: (uid: MeasurementUid) => void,
  log: Log,
): Promise<HintServer> {
  const peers = new Set<Socket>();
  const server = createServer((peer) => {
    peers.add(peer);
    peer.write(SIGN_OF_LIFE);
    let rest = '';
    peer.setEncoding('latin1');
    peer.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE_BYTES) peer.destroy();
      for (const line of lines) {
        const uid = parseMeasurementUid(line);
        if (uid !== undefined) onHint(uid);
      }
    });
    peer.on('error', () => peer.destroy());
    peer.on('close', () => peers.delete(peer));
  });
  if ('path' in at) await removeStaleSocket(at.path);
  await beginListening(server, 'hints', log, (done) => server.listen(at, done));
  // The api's user shares our group, not our name.
  if ('path' in at) await chmod(at.path, 0o660);
  const timer = setInterval(() => {
    // One that does not read gets no more than it has.
    for (const peer of peers) if (peer.writableLength === 0) peer.write(SIGN_OF_LIFE);
  }, SIGN_EVERY_MS);
  timer.unref();
  return {
    close: () =>
      new Promise((resolve) => {
        clearInterval(timer);
        server.close(() => resolve());
        for (const peer of peers) peer.destroy();
      }),
  };
}

/** Removes the socket of a process that is gone; one that somebody answers on stays, and listen() fails. */
async function removeStaleSocket(path: string): Promise<void> {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  if (code === 'ECONNREFUSED') await unlink(path);
}
