/**
 * What ooni-doctor makes of units, services, nginx and what timers do: a line that says ok, or what is wrong
 * and what to do.
 *
 * Covers src/doctor/checks/{units,service,web,freshness}.ts and src/doctor/step.ts.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { TROUBLES } from '../../src/core/health/troubles.ts';
import { JOBS } from '../../src/core/sources/jobs.ts';
import {
  checkFreshness,
  judgeSource,
  judgeTextFile,
  judgeUploads,
  PERIODS_S,
} from '../../src/doctor/checks/freshness.ts';
import { judgeHealth } from '../../src/doctor/checks/service.ts';
import { judgeFailed, judgeUnit, parseUnits, RUNNING } from '../../src/doctor/checks/units.ts';
import {
  checkWeb,
  judgeCertificate,
  judgeServed,
  judgeSyntax,
} from '../../src/doctor/checks/web.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { ok } from '../../src/doctor/finding.ts';
import type { Read } from '../../src/doctor/host.ts';
import { step } from '../../src/doctor/step.ts';
import { make } from './certificate.ts';
import { answer, DENIED, MISSING, NOW, ran, read, said } from './said.ts';

t.test('units', async (t) => {
  const units = parseUnits(
    'Id=a.service\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\nId=b.socket\nLoadState=masked\nActiveState=inactive\nUnitFileState=masked\n',
  );
  said(t, judgeUnit('a.service', units.get('a.service')), 'ok    a.service is active');
  said(t, judgeUnit('b.socket', units.get('b.socket')), 'FAIL  b.socket is masked');
  said(t, judgeUnit('c.timer', units.get('c.timer')), 'FAIL  c.timer is not there');
  const unit = { load: 'loaded', active: 'active', enabled: 'enabled' };
  said(t, judgeUnit('a', { ...unit, active: 'failed' }), 'FAIL  a is failed: systemctl status a');
  said(
    t,
    judgeUnit('a', { ...unit, enabled: 'disabled' }),
    'FAIL  a runs, but is not started at boot',
  );
  const off = { ...unit, active: 'inactive', enabled: 'disabled' };
  said(
    t,
    judgeUnit('ooni-api-fetch-geoip.timer', off),
    '-     ooni-api-fetch-geoip.timer is switched off',
  );
  said(t, judgeUnit('ooni-uploader.timer', off), 'FAIL  ooni-uploader.timer is inactive');
  said(t, judgeFailed('\n'), 'ok    no unit');
  said(t, judgeFailed('a.service loaded failed failed A\n'), 'FAIL  a.service has failed');
  for (const name of Object.values(RUNNING).flat())
    t.ok(readFileSync(`systemd/${name}`, 'utf8').includes('[Unit]'), name);
});

t.test('a check that fails itself', async (t) => {
  const findings: Finding[] = [];
  const say = (more: readonly Finding[]) => findings.push(...more);
  await step(say, 'disk', () => {
    throw new TypeError('no number');
  });
  await step(say, 'clock', () => Promise.reject(new Error('cut off')));
  await step(say, 'units', async () => [ok('all units are active')]);
  said(
    t,
    findings,
    'FAIL  disk: the check itself failed (TypeError: no number): report it',
    'FAIL  clock: the check itself failed (Error: cut off): report it',
    'ok    all units are active',
  );
});

t.test('what services say of themselves', async (t) => {
  const judged = (got: Parameters<typeof judgeHealth>[2]) =>
    judgeHealth('ooni-api', '127.0.0.1:1', got);
  said(t, judged(answer(200, '{"errors":[]}')), 'ok    ooni-api answers at 127.0.0.1:1');
  said(
    t,
    judged({ kind: 'nothing', why: 'ECONNREFUSED' }),
    'FAIL  ooni-api does not answer at 127.0.0.1:1 (ECONNREFUSED)',
  );
  said(t, judged(answer(200, 'hello')), 'FAIL  ooni-api: at 127.0.0.1:1 answers something else');
  said(t, judged(answer(503, '{"errors":[]}')), 'FAIL  ooni-api answers 503');
  said(
    t,
    judged(answer(503, '{"errors":["spool_full","clickhouse_error","new_error"]}')),
    'FAIL  ooni-api: no room on the disk of the spool, submissions get 503',
    'FAIL  ooni-api: ClickHouse does not answer, searches fail',
    'FAIL  ooni-api: new_error',
  );
  for (const [error, { what, todo }] of Object.entries(TROUBLES))
    said(
      t,
      judged(answer(503, JSON.stringify({ errors: [error] }))),
      `FAIL  ooni-api: ${what}: ${todo}`,
    );
});

t.test('the certificate', async (t) => {
  const { pem, key, validTo } = make(join(t.testdir({ a: {}, b: {} }), 'a'));
  const judged = (
    nowMs: number,
    host = 'api.example.org',
    file: Read = read(pem),
    keyFile: Read = read(key),
  ) => judgeCertificate(file, keyFile, host, nowMs);
  const day = 86_400_000;
  said(t, judged(validTo - 20 * day), 'ok    certificate: valid until');
  said(t, judged(validTo - 10 * day), 'FAIL  certificate: expires on');
  said(t, judged(validTo + day), 'FAIL  certificate: expired on');
  said(t, judged(validTo - 100 * day), 'FAIL  certificate: not valid yet');
  said(
    t,
    judged(validTo - 20 * day, 'b.example.org'),
    'ok    certificate: valid',
    'FAIL  certificate: it is not for b.example.org',
  );
  const other = make(join(t.testdirName, 'b'));
  said(
    t,
    judged(validTo - 20 * day, undefined, read(pem), read(other.key)),
    'ok    certificate: valid',
    'FAIL  certificate: /etc/ooni/tls/privkey.pem is not its key',
  );
  said(
    t,
    judged(validTo - 20 * day, undefined, read(pem), MISSING),
    'ok    certificate: valid',
    'FAIL  certificate: its key',
  );
  said(t, judged(validTo - 20 * day, undefined, read(pem), DENIED), 'ok    certificate: valid');
  said(
    t,
    judged(0, undefined, MISSING),
    'FAIL  certificate: /etc/ooni/tls/fullchain.pem is missing',
  );
  said(t, judged(0, undefined, DENIED), '-     certificate');
  said(
    t,
    judged(0, undefined, read('x')),
    'FAIL  certificate: /etc/ooni/tls/fullchain.pem holds none',
  );

  said(t, judgeServed(read(pem), undefined), 'FAIL  nginx does not answer HTTPS');
  said(t, judgeServed(read(pem), 'AA:BB'), 'FAIL  nginx serves another certificate');
  said(
    t,
    judgeServed(read(pem), new X509Certificate(pem).fingerprint256),
    'ok    nginx answers HTTPS',
  );
  t.strictSame(judgeServed(MISSING, undefined), []);
  said(t, judgeSyntax(ran(0), true), 'ok    nginx: its configuration is good');
  said(
    t,
    judgeSyntax(ran(1, '', 'nginx: [emerg] 7#7: unknown directive "x" in /etc/nginx/a:1\n'), true),
    'FAIL  nginx: its configuration is not good (unknown directive "x" in /etc/nginx/a:1)',
  );
  said(t, judgeSyntax(ran(1), false), '-     nginx: its configuration');
  said(
    t,
    await checkWeb(undefined, NOW, '/nonexistent'),
    '-     nginx is not installed here: look at what serves HTTPS',
  );
});

t.test('what timers do', async (t) => {
  said(
    t,
    judgeTextFile('k', '/f', read('', { mode: 0o100644 })),
    'ok    metrics: node_exporter can read /f',
  );
  said(
    t,
    judgeTextFile('k', '/f', read('', { mode: 0o100640 })),
    'FAIL  metrics: /f of k cannot be read by node_exporter',
  );
  said(t, judgeTextFile('k', '/f', DENIED), 'FAIL  metrics: /f of k cannot be read');
  said(t, judgeTextFile('k', '/f', MISSING), 'FAIL  metrics: /f of k is not there');

  const off = new Set(Object.keys(PERIODS_S));
  const unset = {
    metricsTextfile: undefined,
    fetchMetricsDir: undefined,
    sourcesDir: undefined,
    off,
  };
  said(
    t,
    checkFreshness({ ...unset, hasExporter: true }, NOW),
    'FAIL  metrics: metrics_textfile of ooni-uploader is not set',
  );
  t.strictSame(checkFreshness({ ...unset, hasExporter: false }, NOW), []);

  const uploaded = (seconds: number) =>
    `# TYPE a gauge\nooni_uploader_last_success_timestamp_seconds ${seconds}\n`;
  said(t, judgeUploads(uploaded(NOW / 1000 - 3_600), NOW), 'ok    closed hours are published');
  said(t, judgeUploads(uploaded(NOW / 1000 - 134 * 60), NOW), 'ok    closed hours are published');
  said(
    t,
    judgeUploads(uploaded(NOW / 1000 - 136 * 60), NOW),
    'FAIL  closed hours are not published, last at 2026-11-24T07:44:00.000Z',
  );
  said(t, judgeUploads(uploaded(0), NOW), 'FAIL  closed hours are not published, never');
  t.strictSame(judgeUploads('', NOW), []);

  const fetched = (hoursAgo: number) =>
    read(JSON.stringify({ last_success_ms: NOW - hoursAgo * 3_600_000 }));
  said(t, judgeSource('fingerprints', fetched(2), NOW), 'ok    outside data: fingerprints is of');
  said(t, judgeSource('fingerprints', fetched(3), NOW), 'FAIL  outside data: fingerprints is old');
  for (const none of [MISSING, read('{}'), read('not JSON'), read('{"last_success_ms":0}')])
    said(t, judgeSource('geoip', none, NOW), 'FAIL  outside data: geoip was never fetched');
  said(t, judgeSource('geoip', DENIED, NOW), '-     outside data: geoip');
  t.strictSame(
    PERIODS_S,
    Object.fromEntries(JOBS.map(({ name, periodSeconds }) => [name, periodSeconds])),
  );
});
