/** Requests that wait for their answers until the test gives them. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface HeldRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** So many requests, one behind the other on one connection, at a server that does nothing by itself. */
export async function holdRequests(
  t: { teardown(step: () => unknown): unknown },
  count: number,
): Promise<{ readonly client: Socket; readonly held: readonly HeldRequest[] }> {
  const held: HeldRequest[] = [];
  let all = () => {};
  const complete = new Promise<void>((resolve) => {
    all = resolve;
  });
  const server = createServer((request, response) => {
    if (held.push({ request, response }) === count) all();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.on('error', () => {});
  client.resume();
  t.teardown(() => {
    client.destroy();
    server.close();
  });
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count));
  await complete;
  return { client, held };
}
