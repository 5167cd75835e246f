/** Covers src/edge/sources/download.ts, src/edge/sources/publicAddress.ts, src/edge/sources/sourceError.ts. */
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import t from 'tap';
import { type DownloadOptions, download } from '../../../src/edge/sources/download.ts';
import { isPublicAddress } from '../../../src/edge/sources/publicAddress.ts';
import { startTlsServer } from '../../support/tlsServer.ts';

let asked: { path: string; port: number; headers: NodeJS.Dict<string | string[]> }[] = [];
const tls = await startTlsServer((request, response) => {
  const path = request.url!;
  asked.push({ path, port: request.socket.remotePort!, headers: request.headers });
  const redirect = (location: string) => response.writeHead(302, { Location: location }).end();
  const pages: Record<string, () => void> = {
    '/file': () => {
      if (request.headers['if-none-match'] === '"v1"') response.writeHead(304).end();
      else response.setHeader('ETag', '"v1"').end('content');
    },
    '/missing': () => response.writeHead(404).end('no'),
    '/broken': () => response.writeHead(500).end('no'),
    '/lies': () => response.writeHead(304).end(),
    '/partial': () => response.writeHead(206).end('cont'),
    '/slow': () => {
      response.write('a');
      const timer = setInterval(() => response.write('a'), 20);
      response.on('close', () => clearInterval(timer));
    },
    '/silent': () => {},
    '/cut-off': () => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('part', () => response.destroy());
    },
    '/cut-off-chunked': () => response.write('part', () => response.destroy()),
    '/huge': () => response.writeHead(200, { 'Content-Length': '1001' }).end('x'.repeat(1_001)),
    '/endless': () => {
      const timer = setInterval(() => response.write('x'.repeat(100)), 1);
      response.on('close', () => clearInterval(timer));
    },
    '/gzip': () => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'),
    '/cut-off-silently': () => {
      response.socket!.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npart');
    },
    '/lengths': () => {
      response.socket!.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\npart');
    },
    '/no-length': () => {
      response.socket!.end('HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\npart');
    },
    '/huge-etag': () => {
      response.socket!.end(
        `HTTP/1.1 200 OK\r\nETag: "${'e'.repeat(1_000_000)}"\r\nContent-Length: 4\r\n\r\nfull`,
      );
    },
    '/hints': () => {
      const timer = setInterval(() => response.writeEarlyHints({ link: '<x>; rel=preload' }), 5);
      response.on('close', () => clearInterval(timer));
    },
    '/long-etag': () => response.setHeader('ETag', `"${'e'.repeat(300)}"`).end('content'),
    '/to-file': () => redirect('/file'),
    '/round': () => redirect('/round'),
    '/to-http': () => redirect(`http://127.0.0.1:${tls.port}/file`),
    '/to-name': () => redirect(`https://localhost:${tls.port}/file`),
    '/to-private': () => redirect(`https://127.0.0.2:${tls.port}/file`),
    '/to-hex': () => redirect(`https://0x7f.2:${tls.port}/file`),
    '/to-secret': () => redirect(`https://user:secret@127.0.0.1:${tls.port}/file`),
    '/to-nowhere': () => redirect('https://[/'),
    '/to-none': () => response.writeHead(302).end(),
  };
  pages[path]!();
});
t.teardown(() => tls.close());
t.beforeEach(() => {
  asked = [];
});

const base = `https://127.0.0.1:${tls.port}`;
const options: DownloadOptions = {
  timeoutMs: 20_000,
  maxBytes: 1_000,
  allowed: (address) => address === '127.0.0.1',
  proxy: undefined,
  userAgent: 'test/1',
  ca: tls.ca,
};

t.test('a file, and nothing new the next time', async (t) => {
  const first = await download(`${base}/file`, undefined, options);
  if (first.kind !== 'file') throw new Error(first.kind);
  t.strictSame([first.bytes.toString(), first.etag], ['content', '"v1"']);
  t.match(asked[0]!.headers, { 'user-agent': 'test/1', 'accept-encoding': 'identity' });
  t.strictSame(await download(`${base}/to-file`, '"v1"', options), { kind: 'unchanged' });
  t.equal((await download(`${base}/file`, '"v0"', options)).kind, 'file');
  const { etag } = {
    etag: undefined,
    ...(await download(`${base}/long-etag`, undefined, options)),
  };
  t.equal(etag, undefined, 'an ETag without end is not kept');
});

t.test('whatever else comes is an error that names address and fault', async (t) => {
  const cases: [string, RegExp, Partial<DownloadOptions>?][] = [
    ['/missing', /answers with status 404, expected 200/],
    ['/broken', /answers with status 500, expected 200/],
    ['/partial', /answers with status 206/],
    ['/lies', /answers with status 304/],
    ['/slow', /was not there after 300 ms/, { timeoutMs: 300, maxBytes: 1e9 }],
    ['/silent', /was not there after 300 ms/, { timeoutMs: 300 }],
    ['/cut-off', /aborted/],
    ['/cut-off-chunked', /aborted/],
    ['/huge', /larger than 1000 bytes \(fetch.max_bytes\)/],
    ['/endless', /larger than 1000 bytes/],
    ['/cut-off-silently', /does not say where its answer ends/],
    ['/lengths', /Parse Error/],
    ['/no-length', /Parse Error/],
    ['/huge-etag', /Header overflow/],
    ['/hints', /was not there after 300 ms/, { timeoutMs: 300 }],
    ['/gzip', /answers in gzip, expected the file as it is/],
    ['/round', /redirects more than 5 times/],
    ['/to-http', /redirects to http:.*, expected plain https/],
    ['/to-secret', /expected plain https/],
    ['/to-nowhere', /redirects to what is no URL/],
    ['/to-none', /status 302/],
    ['/file', /certificate/, { ca: undefined }],
    ['/to-private', /: 127.0.0.2 is not on the public internet/],
    ['/to-hex', /: 127.0.0.2 is not on the public internet/],
    ['/to-private', /: 127.0.0.1 is not on the public/, { allowed: isPublicAddress }],
  ];
  for (const [path, message, changed] of cases)
    await t.rejects(
      download(`${base}${path}`, undefined, { ...options, ...changed }),
      { name: 'SourceError', message },
      path,
    );
  t.notOk(
    asked.some(({ headers }) => `${headers.host}`.startsWith('127.0.0.2')),
    'nothing was asked of the refused address',
  );
});

t.test('names are looked at by the address that is connected to', async (t) => {
  const name = `https://localhost:${tls.port}/file`;
  t.equal((await download(name, undefined, options)).kind, 'file');
  await t.rejects(download(name, undefined, { ...options, allowed: isPublicAddress }), {
    message: /localhost \((::1|127.0.0.1).*\) is not on the public internet/,
  });
  t.equal((await download(`${base}/to-name`, undefined, options)).kind, 'file');
  await t.rejects(download('https://nowhere.invalid/', undefined, options), {
    message: /^https:\/\/nowhere.invalid\/: .*(ENOTFOUND|EAI_AGAIN)/,
  });
  await t.rejects(download('https://127.0.0.1:1/', undefined, options), {
    message: /ECONNREFUSED/,
  });
});

t.test('through a proxy', async (t) => {
  const connected: string[] = [];
  const ports: number[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    connected.push(request.url!);
    if (request.url !== `127.0.0.1:${tls.port}`)
      return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const target = connect(tls.port, '127.0.0.1', () => {
      ports.push(target.localPort!);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    socket.on('error', () => target.destroy());
    target.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const through = { ...options, proxy: `http://127.0.0.1:${port}` };
  t.equal((await download(`${base}/to-file`, undefined, through)).kind, 'file');
  t.strictSame(
    asked.map(({ port }) => port),
    ports,
    'nothing went past it',
  );
  t.strictSame(connected, [`127.0.0.1:${tls.port}`, `127.0.0.1:${tls.port}`]);
  await t.rejects(download(`https://localhost:${tls.port}/file`, undefined, through), {
    message: /the proxy .* answers with status 403/,
  });
  await t.rejects(download(`${base}/file`, undefined, { ...through, ca: undefined }), {
    message: /certificate/,
  });
  connected.length = 0;
  const past = { ...through, noProxy: '127.0.0.0/8' };
  t.equal((await download(`${base}/file`, undefined, past)).kind, 'file');
  t.strictSame(connected, [], 'no_proxy: asked without it');
  await t.rejects(download(`${base}/to-name`, undefined, past), { message: /status 403/ });
  t.strictSame(connected, [`localhost:${tls.port}`], 'each redirect is looked at anew');
  await t.rejects(download(`${base}/file`, undefined, { ...past, allowed: () => false }), {
    message: /is not on the public internet/,
  });
});

t.test('a proxy that wants a password, and proxies that are none', async (t) => {
  const secrets: unknown[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, socket) => {
    secrets.push(request.headers['proxy-authorization'], request.headers.authorization);
    socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  t.teardown(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const refusal = async (address: string, changed: Partial<DownloadOptions> = {}) => {
    const through = { ...options, proxy: address, ...changed };
    const error = await download(`${base}/file`, undefined, through).catch((error) => error);
    t.equal(error.name, 'SourceError');
    t.notMatch(error.message, /secret/, 'no password in the log');
    return error.message;
  };
  t.match(
    await refusal(`http://user:s%3Aecret@127.0.0.1:${port}`),
    new RegExp(`the proxy 127.0.0.1:${port} answers with status 407`),
  );
  t.strictSame(secrets, [`Basic ${Buffer.from('user:s:ecret').toString('base64')}`, undefined]);
  for (const none of ['proxy:3128', 'https://user:secret@127.0.0.1', 'user:secret@proxy:1'])
    t.match(await refusal(none), /expected http:\/\/host:port/, none);
  t.match(await refusal('http://user:secret@127.0.0.1:1'), /the proxy 127.0.0.1:1: .*ECONNREFUSED/);
  const silent = createServer(() => {});
  silent.on('connect', () => {});
  await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
  t.teardown(() => silent.close());
  const waiting = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  t.match(await refusal(waiting, { timeoutMs: 300 }), /was not there after 300 ms/);
});

t.test('which addresses are public', async (t) => {
  const yes = [
    '8.8.8.8',
    '192.0.1.1',
    '100.128.0.1',
    '2600::1',
    '2a00:1450::1',
    '64:ff9b::808:808',
  ];
  const no = [
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '169.254.169.254', '172.31.0.1'],
    ...['192.168.1.1', '192.0.2.1', '198.19.0.1', '203.0.113.9', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '64:ff9b::a00:1', '64:ff9b::1'],
    ...['fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '2001::1', '2001:db8::1'],
    ...['2002:a00:1::', '100::1', 'example.org', ''],
  ];
  for (const address of yes) t.equal(isPublicAddress(address), true, address);
  for (const address of no) t.equal(isPublicAddress(address), false, address);
});
