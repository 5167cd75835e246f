/**
 * Tells ooni-fastpath of fresh measurements: one uid a line on its Unix socket. Best effort: nobody
 * waits for it, and what cannot be sent is dropped, because fastpath looks through `pending/` too.
 */
import { connect, type Socket } from 'node:net';

export interface HintClient {
  /** Never throws and never waits. */
  send(uid: string): void;
  /** For metrics: hints that were not sent. */
  readonly dropped: number;
  readonly connected: boolean;
  close(): void;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5_000;
/** A fastpath that does not read: more waiting bytes than this are not added to. */
const MAX_BUFFER_BYTES = 262_144;

export function openHintClient(socketPath: string): HintClient {
  let socket: Socket | undefined;
  let connected = false;
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
    opened.resume();
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
    close() {
      closed = true;
      clearTimeout(timer);
      // What the kernel has taken still arrives; the rest waits for a listener that does not read.
      socket?.destroy();
    },
  };
}
