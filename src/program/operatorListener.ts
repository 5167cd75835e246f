/** A listener of its own for operators: `GET /metrics` for Prometheus, `/health`, `/version`. */
import { createServer } from 'node:http';
import { splitAddress } from '../config/common.ts';
import type { Log } from '../log/log.ts';
import { beginListening } from '../log/serverFaults.ts';

export interface MetricsServer {
  /** Where it listens, with the real port when 0 was asked for. */
  readonly address: string;
  close(): Promise<void>;
}

export interface Observed {
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
  /** Codes of what is wrong now; none: all is well. */
  errors(): readonly string[];
  readonly version: string;
  /** What else a program tells its operators, by path, as JSON. */
  readonly more?: Readonly<Record<string, () => unknown>>;
}

export async function serveMetrics(
  address: string,
  observed: Observed,
  log: Log,
): Promise<MetricsServer> {
  const json = (status: number, body: unknown) => ({
    status,
    type: 'application/json',
    text: JSON.stringify(body),
  });
  const answer = async (path: string) => {
    switch (path) {
      case '/metrics': {
        const text = await observed.metrics();
        return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text };
      }
      case '/health': {
        const errors = observed.errors();
        const healthy = errors.length === 0;
        const { version } = observed;
        return json(healthy ? 200 : 503, { status: healthy ? 'ok' : 'fail', errors, version });
      }
      case '/version':
        return json(200, { version: observed.version });
      default:
        if (Object.hasOwn(observed.more ?? {}, path)) return json(200, observed.more![path]!());
        return { status: 404, type: 'text/plain', text: 'try /metrics, /health or /version\n' };
    }
  };
  const server = createServer((request, response) => {
    answer(request.url!.replace(/\?.*/s, '')).then(
      ({ status, type, text }) => response.writeHead(status, { 'Content-Type': type }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  const { host, port } = splitAddress(address);
  await beginListening(server, 'metrics', log, (done) => server.listen(port, host, done));
  return {
    address: `${host}:${(server.address() as { port: number }).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
