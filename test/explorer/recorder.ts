/** A proxy before the api that keeps what was asked and answered: by Explorer's server and by its pages alike. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Call {
  readonly method: string;
  /** Path and query, as they were sent. */
  readonly path: string;
  readonly fromPage: boolean;
  readonly status: number;
  readonly ms: number;
  /** The answer's body where it is an error. */
  readonly error: string;
}

export interface Recorder {
  readonly url: string;
  /** Calls that were answered since it was asked last. */
  take(): Call[];
  /** Calls that have no answer yet. */
  running(): number;
  /** How many were answered in all. */
  answered(): number;
  forwardTo(apiUrl: string): void;
  close(): Promise<void>;
}

const ERROR_TEXT_LENGTH = 2_000;

/** On that port, or any that is free. */
export async function startRecorder(port = 0): Promise<Recorder> {
  let calls: Call[] = [];
  let running = 0;
  let answered = 0;
  let target: URL | undefined;

  const answer = (asked: IncomingMessage, reply: ServerResponse) => {
    const startedAt = performance.now();
    running += 1;
    const done = (status: number, error: string) => {
      running -= 1;
      answered += 1;
      calls.push({
        method: asked.method!,
        path: asked.url!,
        fromPage: asked.headers.origin !== undefined,
        status,
        ms: Math.round(performance.now() - startedAt),
        error,
      });
    };
    const upstream = request(
      {
        host: target!.hostname,
        port: target!.port,
        method: asked.method,
        path: asked.url,
        headers: asked.headers,
      },
      (response) => {
        reply.writeHead(response.statusCode!, response.headers);
        let error = '';
        response.on('data', (chunk: Buffer) => {
          if (response.statusCode! >= 400 && error.length < ERROR_TEXT_LENGTH)
            error += chunk.toString('utf8');
        });
        response.pipe(reply).once('close', () => done(response.statusCode!, error));
      },
    );
    upstream.once('error', (error) => {
      reply.destroy();
      done(0, error.message);
    });
    asked.pipe(upstream);
  };

  const server = createServer(answer);
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(port, '127.0.0.1', resolve),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take() {
      const taken = calls;
      calls = [];
      return taken;
    },
    running: () => running,
    answered: () => answered,
    forwardTo(apiUrl) {
      target = new URL(apiUrl);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
