/**
 * What all routes share (protocol, probes 2.2, 3.19; data 3.3 to 3.5).
 *
 * Covers src/api/{apiMetrics, app, database, endpointReads, service, trustedOrigins}.ts, src/api/routes/data/endpointRoute.ts,
 * src/api/routes/operationRoutes.ts, src/core/sql/healthQuery.ts, src/edge/http/{caching, cors, errorAnswers}.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { ENDPOINTS } from '../../src/core/endpoints/registry.ts';
import { listenForHints } from '../../src/edge/hints/hintServer.ts';
import { serveHttp } from '../../src/edge/http/httpServer.ts';
import { makeLog } from '../../src/log/log.ts';
import { ask, post, startDatabase, startService } from './support.ts';

const quiet = makeLog({ level: 'err', journald: false, write: () => {} });
const clickhouseUrl = await startDatabase(t);
const api = await startService(t, { clickhouseUrl });
const without = await startService(t);
const fastpath = await listenForHints({ path: api.config.fastpath_socket }, () => {}, quiet);
t.teardown(() => fastpath.close());

t.test('operations', async (t) => {
  t.match(await ask(`${api.url}/`), { status: 200, json: { msg: 'hello from ooniprobe' } });
  const version = { version: 'development', build_label: null };
  t.strictSame((await ask(`${api.url}/version`)).json, version);
  let health = await ask(`${api.url}/health`);
  // Until fastpath's first sign of life.
  while (health.status !== 200) {
    t.strictSame(health.json.errors, ['fastpath_connection_error']);
    await sleep(100);
    health = await ask(`${api.url}/health`);
  }
  t.equal(health.status, 200);
  t.strictSame(health.json, { status: 'ok', errors: [], ...version });
  const sick = await ask(`${without.url}/health`);
  t.equal(sick.status, 503);
  const errors = ['fastpath_connection_error', 'clickhouse_error'];
  t.strictSame(sick.json, { status: 'fail', errors, ...version });
  t.equal((await ask(`${without.url}/live`)).status, 200, 'a dependency in trouble is not us');
  t.equal((await ask(`${without.url}/version`)).status, 200);
  t.equal((await ask(`${api.url}/metrics`)).status, 404, 'metrics have an address of their own');
});

t.test('the api describes itself where clients of the ancestor look for it', async (t) => {
  const { status, json, headers } = await ask(`${api.url}/openapi.json`);
  t.equal(status, 200);
  t.match(json.openapi, /^3\.1\./);
  t.ok(json.paths['/api/v1/measurements'].get);
  t.match(headers.get('etag'), /^"/);
  for (const path of ['/api', '/apidocs', '/docs', '/redoc']) {
    const sent = await ask(api.url + path);
    t.strictSame([sent.status, sent.headers.get('location')], [302, '/ui/api'], path);
  }
  t.equal((await ask(`${api.url}/ui/api`)).status, 200, 'and there is a page');
});

t.test('unknown paths, methods, slashes', async (t) => {
  const cases: [string, string, number, Record<string, string | null>][] = [
    ['GET', '/nothing', 404, { 'cache-control': 'no-cache' }],
    ['GET', '/nothing/', 404, { location: null }],
    ['GET', '//evil.example.org/', 404, { location: null }],
    ['GET', '/%', 404, {}],
    ['POST', '/health', 405, { allow: 'GET, HEAD' }],
    ['DELETE', '/api/v1/measurements', 405, { allow: 'GET, HEAD' }],
    ['OPTIONS', '/health', 405, { allow: 'GET, HEAD' }],
    ['PUT', '/report', 405, { allow: 'POST' }],
    ['GET', '/health/', 307, { location: '/health' }],
    ['GET', '/api/v1/measurements/?a=b&c=d', 307, { location: '/api/v1/measurements?a=b&c=d' }],
    ['POST', '/report/', 307, { location: '/report' }],
    ['HEAD', '/version', 200, {}],
    ['HEAD', '/nothing', 404, {}],
  ];
  for (const [method, path, status, headers] of cases) {
    const answer = await ask(api.url + path, { method });
    t.equal(answer.status, status, `${method} ${path}`);
    for (const [name, value] of Object.entries(headers))
      t.equal(answer.headers.get(name), value, `${name} of ${method} ${path}`);
    if (status >= 400 && method !== 'HEAD') {
      t.type(answer.json.detail, 'string', `${method} ${path}`);
      t.equal(answer.json.error, answer.json.detail);
      t.equal(answer.json.message, answer.json.detail);
    }
  }
});

t.test('every error of a read has its text where each client looks for it', async (t) => {
  const paths = [
    '/api/v1/measurements',
    '/api/v1/raw_measurement',
    '/api/v1/measurement/x',
    ...ENDPOINTS.map(({ path }) => path),
  ];
  // What does not fit, and what cannot be answered without a database.
  for (const query of ['?since=soon&limit=x&axis_x=x&probe_cc=x&input=&probe_asn=x&download=x', ''])
    for (const path of paths) {
      const { status, text, json } = await ask(without.url + path + query);
      if (status < 400 && json?.msg === undefined) continue;
      t.ok(json?.detail, `${status} ${path}${query}: ${text}`);
      t.type(json?.error, 'string', `${path}${query}`);
      t.ok(json?.error);
      t.equal(json?.message, json?.error, `${path}${query}`);
    }
});

t.test('cross-origin reads', async (t) => {
  const trusted = [
    'https://explorer.ooni.org',
    'https://explorer.test.ooni.org',
    'https://run.dev.ooni.io',
    'https://someone.static.observableusercontent.com',
  ];
  const others = [
    'https://example.org',
    'http://explorer.ooni.org',
    'https://explorer.ooni.org.evil.org',
    'https://explorer.ooni.org:8080',
    'https://a.b.ooni.org',
    'https://ooni.org',
    'null',
  ];
  // Also on errors.
  const paths = [
    '/version',
    '/nothing',
    '/api/v1/measurements?limit=x',
    '/api/v1/measurement_meta',
  ];
  for (const path of paths) {
    for (const origin of trusted) {
      const { headers } = await ask(api.url + path, { headers: { Origin: origin } });
      t.equal(headers.get('access-control-allow-origin'), origin, `${origin} ${path}`);
      t.equal(headers.get('access-control-allow-credentials'), 'true');
      t.equal(headers.get('vary'), 'Origin');
    }
    for (const origin of others) {
      const { headers } = await ask(api.url + path, { headers: { Origin: origin } });
      t.equal(headers.get('access-control-allow-origin'), '*', `${origin} ${path}`);
      t.equal(headers.get('access-control-allow-credentials'), null);
      t.equal(headers.get('vary'), 'Origin');
    }
  }
  const { headers } = await ask(`${api.url}/version`);
  t.equal(headers.get('access-control-allow-origin'), null);
  t.equal(headers.get('vary'), 'Origin', 'or a cache would give this answer to an origin');
  const foreign = await post(`${api.url}/report`, '{}', { Origin: 'https://example.org' });
  t.equal(foreign.headers.get('access-control-allow-origin'), null);
});

t.test('preflights', async (t) => {
  const preflight = (origin: string, method: string, path = '/report') =>
    ask(api.url + path, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'content-type,x-y',
      },
    });
  const good = await preflight('https://explorer.ooni.org', 'POST');
  t.equal(good.status, 200);
  t.equal(good.text, 'OK');
  t.equal(good.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org');
  t.equal(good.headers.get('access-control-allow-headers'), 'content-type,x-y');
  t.equal(good.headers.get('access-control-max-age'), '600');
  t.match(good.headers.get('access-control-allow-methods'), /\bPOST\b/);
  const bad = await preflight('https://example.org', 'POST');
  t.match(bad, { status: 400, text: 'Disallowed CORS origin' });
  t.equal(bad.headers.get('access-control-allow-origin'), null);
  const read = await preflight('https://example.org', 'GET', '/api/v1/measurements');
  t.equal(read.status, 200);
  t.equal(read.headers.get('access-control-allow-origin'), '*');
});

t.test('an error of ours is a plain 500, and its text is in the log', async (t) => {
  const broken = await startService(t);
  // A bug, as good as any, where the routes are.
  broken.service.app.middleware.splice(4, 0, async (ctx, next) => {
    if (ctx.path === '/live') throw new Error('secret detail');
    await next();
  });
  const http = await serveHttp(
    broken.service.app.callback(),
    { host: '127.0.0.1', port: 0 },
    quiet,
  );
  t.teardown(() => http.stop(0));
  const { port } = http.server.address() as { port: number };
  const answer = await ask(`http://127.0.0.1:${port}/live`, {
    headers: { Origin: 'https://explorer.ooni.org' },
  });
  t.equal(answer.status, 500);
  const text = 'Internal Server Error';
  t.strictSame(answer.json, { detail: text, error: text, message: text });
  t.equal(answer.headers.get('access-control-allow-origin'), 'https://explorer.ooni.org');
  t.match(broken.lines.join(''), /^err: .*secret detail/m);
});

t.test('metrics tell of routes, not of paths', async (t) => {
  await ask(`${api.url}/api/v1/measurement/some-uid-that-nobody-knows`);
  await ask(`${api.url}/some-path-that-nobody-knows`);
  const text = await api.service.metrics.registry.metrics();
  t.match(
    text,
    /http_requests_total\{route="\/api\/v1\/measurement\/:measurementUid",method="GET",status="404"\} \d/,
  );
  t.match(text, /http_requests_total\{route="none",method="GET",status="404"\} \d/);
  t.notMatch(text, /nobody-knows/);
});
