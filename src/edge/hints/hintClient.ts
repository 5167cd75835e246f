/**
 * Tells ooni-fastpath of fresh measurements: one uid a line on its Unix socket. Best effort: nobody
 * waits for it, and what cannot be sent is dropped, because fastpath looks through `pending/` too.
 *
 * The other way come signs of life. A connection says nothing: systemd holds the socket, and it takes
 * connections for a fastpath that is away or hangs.
 */
import { connect, type Socket } from 'node:net';

export interface HintClient {
  /** Never throws and never waits. */
  send(uid: string): void;
  /** For metrics: hints that were not sent. */
  readonly dropped: number;
  readonly connected: boolean;
  /** Whether fastpath gave a sign of life of late. A restart takes no longer than that. */
  readonly answers: boolean;
  close(): void;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** A fastpath that does not read: more waiting bytes than this are not added to. */
const MAX_BUFFER_BYTES = 262_144;
/** Three signs of life that did not come. */
const MAX_SILENCE_MS = 15_000;

export function openHintClient(
  socketPath: string,
  nowMs: () => number = () => performance.now(),
): HintClient {
  let socket: Socket | undefined;
  let connected = false;
  let signAtMs = Number.NEGATIVE_INFINITY;
  let dropped = 0;
  let retryMs = FIRST_RETRY_MS;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const open = () => {
    const opened = connect(socketPath);
    socket = opened;
    opened.unref();
    opened.on('connect', () => {
      connected = true;
      retryMs = FIRST_RETRY_MS;
    });
    // The reason does not matter: 'close' follows, and the next try finds out.
    opened.on('error', () => {});
    opened.on('close', () => {
      connected = false;
      if (closed) return;
      timer = setTimeout(open, retryMs);
      timer.unref();
      retryMs = Math.min(retryMs * 2, MAX_RETRY_MS);
    });
    opened.on('data', () => {
      signAtMs = nowMs();
    });
  };
  open();

  return {
    send(uid) {
      if (!connected || socket === undefined || socket.writableLength > MAX_BUFFER_BYTES) dropped++;
      else socket.write(`${uid}\n`, 'latin1');
    },
    get dropped() {
      return dropped;
    },
    get connected() {
      return connected;
    },
    get answers() {
      return nowMs() - signAtMs < MAX_SILENCE_MS;
    },
    close() {
      closed = true;
      clearTimeout(timer);
      // What the kernel has taken still arrives; the rest waits for a listener that does not read.
      socket?.destroy();
    },
  };
}
