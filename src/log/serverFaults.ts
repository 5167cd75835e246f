/**
 * What a server's socket says after it has begun to listen (no file descriptor, no memory for another
 * connection): an event without a listener would end the process, and all connections that it has.
 */
import type { Server } from 'node:net';
import { errorText, type Log } from './log.ts';
import { oncePer } from './oncePer.ts';

const SAY_EVERY_MS = 60_000;

/**
 * Resolves when the server listens, as `listen` asks it to; rejects when it cannot. Faults that come
 * later are logged, and the server goes on. `what`: who is listened for, in the plural.
 */
export async function beginListening(
  server: Server,
  what: string,
  log: Log,
  listen: (done: () => void) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    listen(() => {
      server.off('error', reject);
      resolve();
    });
  });
  const say = oncePer(SAY_EVERY_MS);
  server.on('error', (error) =>
    say((unsaid) =>
      log.err(`cannot take connections of ${what} now: check LimitNOFILE= and memory`, {
        error: errorText(error),
        not_logged: unsaid || undefined,
      }),
    ),
  );
}
