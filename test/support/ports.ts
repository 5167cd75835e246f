/** TCP ports on loopback that were free a moment ago. */
import { createServer } from 'node:net';

export function freePort(): Promise<number> {
  return tryPort(0);
}

/** The wanted port, or a free one when it is taken, which `onTaken` is told. */
export async function portOr(wanted: number, onTaken: (port: number) => void): Promise<number> {
  try {
    return await tryPort(wanted);
  } catch {
    const port = await freePort();
    onTaken(port);
    return port;
  }
}

async function tryPort(wanted: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
