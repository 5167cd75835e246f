/** What may stand between a program and ClickHouse, and answer in its place. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

/**
 * `page`, `empty`: 200 of its own. `stale`: an answer of ClickHouse, to somebody else's query.
 * `fewer`: the server has written no row. `mute`: the header that says how many is gone. `failed`: an exception behind the
 * 200 and all headers. `cut`: the connection ends within the answer.
 */
export type Tamper = 'pass' | 'page' | 'empty' | 'stale' | 'fewer' | 'mute' | 'failed' | 'cut';

export interface Tampering {
  readonly url: string;
  /** What is done with the answers to queries; `INSERT`s are told by their URL. */
  tamper: Tamper;
  readonly insertsOnly: boolean;
  /** Answers that were tampered with. */
  tampered: number;
}

export async function startTamperingProxy(
  t: Test,
  target: string,
  insertsOnly = false,
): Promise<Tampering> {
  const server = createServer((asked, answer) => {
    const { tamper } = proxy;
    const isMeant = !insertsOnly || asked.url!.includes('INSERT');
    if (tamper === 'pass' || !isMeant) return forward(target, asked, answer, (headers) => headers);
    proxy.tampered++;
    switch (tamper) {
      case 'page':
      case 'empty':
        asked.resume().on('end', () => {
          answer.writeHead(200, { 'content-type': 'text/html' });
          answer.end(tamper === 'page' ? '<html>Log in to the network</html>\n' : '');
        });
        return;
      case 'stale':
        return forward(target, asked, answer, (headers) => ({
          ...headers,
          'x-clickhouse-query-id': '00000000-0000-0000-0000-000000000000',
        }));
      case 'fewer':
        return forward(target, asked, answer, (headers) => ({
          ...headers,
          'x-clickhouse-summary': '{"written_rows":"0"}',
        }));
      case 'failed':
      case 'cut':
        return forward(target, asked, answer, (headers) => headers, tamper);
      case 'mute':
        return forward(
          target,
          asked,
          answer,
          ({ 'x-clickhouse-summary': _, ...headers }) => headers,
        );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const proxy: Tampering = {
    url: `http://127.0.0.1:${port}`,
    tamper: 'pass',
    insertsOnly,
    tampered: 0,
  };
  return proxy;
}

type Headers = IncomingMessage['headers'];

function forward(
  target: string,
  asked: IncomingMessage,
  answer: ServerResponse,
  change: (headers: Headers) => Headers,
  end: 'failed' | 'cut' | 'whole' = 'whole',
): void {
  const { url, method, headers } = asked;
  const passed = request(target + url, { method, headers }, (given) => {
    answer.writeHead(given.statusCode!, change(given.headers));
    if (end === 'whole') return given.pipe(answer);
    given.resume().on('end', () => {
      if (end === 'failed') answer.end('Code: 241. DB::Exception: memory limit exceeded\n');
      else answer.write('C', () => asked.socket.destroy());
    });
  });
  passed.on('error', () => asked.socket.destroy());
  asked.pipe(passed);
}

/** Gives an answer of a made-up server the signs of ClickHouse's; `written`: rows of an INSERT. */
export function signAsClickHouse(
  asked: IncomingMessage,
  answer: ServerResponse,
  written = 0,
): ServerResponse {
  const queryId = new URL(asked.url!, 'http://x').searchParams.get('query_id')!;
  return answer
    .setHeader('X-ClickHouse-Query-Id', queryId)
    .setHeader('X-ClickHouse-Summary', JSON.stringify({ written_rows: `${written}` }));
}
