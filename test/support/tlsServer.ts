/** An HTTPS server on loopback with a certificate of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TlsServer {
  readonly port: number;
  /** What to trust in PEM: the certificate itself, for localhost, 127.0.0.1 and 127.0.0.2. */
  readonly ca: string;
  readonly server: Server;
  close(): Promise<void>;
}

export async function startTlsServer(answer: RequestListener): Promise<TlsServer> {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-tls-'));
  const key = join(dir, 'key.pem');
  const certificate = join(dir, 'certificate.pem');
  execFileSync(
    'openssl',
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
      ...['-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:127.0.0.2'],
    ],
    { stdio: 'ignore' },
  );
  const ca = readFileSync(certificate, 'utf8');
  const server = createServer({ key: readFileSync(key), cert: ca }, answer);
  rmSync(dir, { recursive: true });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    server,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}
