/** A listener of its own for operators: `GET /metrics` for Prometheus, `/health`, `/version`, and pages for people. */
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
  /** Pages for them, which have addresses of their own. */
  readonly page?: OperatorPage;
}

export interface OperatorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Undefined for a path that is no page. */
export type OperatorPage = (request: {
  readonly path: string;
  /** With `?`, or empty. */
  readonly search: string;
  readonly acceptLanguage: string;
}) => Promise<OperatorAnswer | undefined>;

export async function serveMetrics(
  address: string,
  observed: Observed,
  log: Log,
): Promise<MetricsServer> {
  const typed = (status: number, type: string, body: string): OperatorAnswer => ({
    status,
    headers: { 'Content-Type': type },
    body,
  });
  const json = (status: number, body: unknown) =>
    typed(status, 'application/json', JSON.stringify(body));
  const answer = async (url: string, acceptLanguage: string): Promise<OperatorAnswer> => {
    const [, path = '', search = ''] = /^([^?]*)(.*)$/s.exec(url) ?? [];
    switch (path) {
      case '/metrics':
        return typed(200, 'text/plain; version=0.0.4; charset=utf-8', await observed.metrics());
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
        return (
          (await observed.page?.({ path, search, acceptLanguage })) ??
          typed(404, 'text/plain', 'try /metrics, /health or /version\n')
        );
    }
  };
  const server = createServer((request, response) => {
    answer(request.url!, request.headers['accept-language'] ?? '').then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
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
