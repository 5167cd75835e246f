/** The site of etc/nginx on a real nginx with TLS: loopback, free ports, a folder of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.ts';

/** Debian's, or its program alone as scripts/setup.sh takes it out of the package. */
const PROGRAMS = ['/usr/sbin/nginx', 'build/nginx/usr/sbin/nginx'];

export const nginxProgram: string | undefined = PROGRAMS.find((file) => existsSync(file));

export interface Nginx {
  readonly url: string;
  /** Of the certificate, for clients. */
  readonly certificate: Buffer;
  stop(): Promise<void>;
}

/**
 * `upstreamPort`: where what answers in the api's place listens. `own`: the host's own lines for the server of
 * HTTPS.
 */
export async function startNginx(dir: string, upstreamPort: number, own = ''): Promise<Nginx> {
  if (nginxProgram === undefined) throw new Error('there is no nginx');
  const [httpPort, httpsPort, statusPort] = [await freePort(), await freePort(), await freePort()];
  for (const folder of ['tmp', 'cache', 'tls', 'nginx.d']) mkdirSync(join(dir, folder));
  if (own !== '') writeFileSync(join(dir, 'nginx.d/own.conf'), own);
  const [certificate, key] = [join(dir, 'tls/fullchain.pem'), join(dir, 'tls/privkey.pem')];
  execFileSync(
    'openssl',
    [
      ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30'.split(' '),
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
      ...['-keyout', key, '-out', certificate],
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(join(dir, 'site'), site(dir, { httpPort, httpsPort, statusPort, upstreamPort }));
  const temporaries = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir}/tmp;`,
  );
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log;
events {}
http {
  ${temporaries.join('\n  ')}
  include ${dir}/site;
}
`,
  );
  const child = spawn(nginxProgram, ['-p', dir, '-c', join(dir, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pidFile = join(dir, 'nginx.pid');
  while (!existsSync(pidFile) && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (child.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
  return {
    url: `https://127.0.0.1:${httpsPort}`,
    certificate: readFileSync(certificate),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The site as it is installed, but for where it listens, writes and finds the certificate. */
function site(
  dir: string,
  ports: Readonly<Record<'httpPort' | 'httpsPort' | 'statusPort' | 'upstreamPort', number>>,
): string {
  const text = replaced(readFileSync('etc/nginx/ooni', 'utf8'), [
    [/^ *listen \[::\].*\n/gm, ''],
    [/listen 80;/g, `listen 127.0.0.1:${ports.httpPort};`],
    [/listen 443 ssl;/g, `listen 127.0.0.1:${ports.httpsPort} ssl;`],
    [/listen 127\.0\.0\.1:8082;/g, `listen 127.0.0.1:${ports.statusPort};`],
    [/server 127\.0\.0\.1:8080 /g, `server 127.0.0.1:${ports.upstreamPort} `],
    [/\/etc\/ooni\/tls/g, `${dir}/tls`],
    [/\/etc\/ooni\/nginx\.d\/\*/g, `${dir}/nginx.d/*`],
    [/\/var\/cache\/nginx-ooni/g, `${dir}/cache`],
    [/syslog:server=\S+/g, `${dir}/log`],
  ]);
  // nginx before 1.25 (Debian 12) has no such directive.
  return hasHttp2Directive() ? text : replaced(text, [[/^ *http2 on;\n/gm, '']]);
}

function replaced(text: string, changes: readonly (readonly [RegExp, string])[]): string {
  return changes.reduce((before, [what, by]) => {
    const after = before.replace(what, by);
    if (after === before) throw new Error(`etc/nginx/ooni has no ${what}`);
    return after;
  }, text);
}

function hasHttp2Directive(): boolean {
  const { stderr } = spawnSync(nginxProgram!, ['-v'], { encoding: 'utf8' });
  const [, major, minor] = /nginx\/(\d+)\.(\d+)/.exec(stderr) ?? [];
  return Number(major) > 1 || Number(minor) >= 25;
}
