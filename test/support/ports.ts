/** TCP ports on loopback that were free a moment ago. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

/**
 * From here up to those that Linux gives to whoever asks for any port, or connects: a port that was found free is
 * taken by nobody but another test before the server that it is for listens there, or comes back to it.
 */
const FIRST_PORT = 12_000;
const END_PORT = Number(
  /^\d+/.exec(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8'))![0],
);
/** Test files that run at once have a part each. */
const PARTS = 8;
const PART_PORTS = Math.floor((END_PORT - FIRST_PORT) / PARTS);
/** The runner numbers those that run at once; whoever runs beside it has a part by chance. */
const part = Number(process.env.TAP_JOB_ID ?? process.pid) % PARTS;
let next = Math.floor(Math.random() * PART_PORTS);

export async function freePort(): Promise<number> {
  // Where little is left below, any that is free.
  if (PART_PORTS < 100) return tryPort(0);
  for (let tries = 0; tries < PART_PORTS; tries++) {
    next = (next + 1) % PART_PORTS;
    try {
      return await tryPort(FIRST_PORT + part * PART_PORTS + next);
    } catch {}
  }
  throw new Error('no port is free');
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
