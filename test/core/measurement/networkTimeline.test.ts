/** The steps of a measurement. */
import t from 'tap';
import { MAX_STEPS, networkTimeline } from '../../../src/core/measurement/networkTimeline.ts';

t.test('what has another shape is left out', (t) => {
  for (const keys of [undefined, null, [], 'x', {}, { queries: {}, requests: [null, 1, []] }])
    t.strictSame(networkTimeline(keys), []);
  t.end();
});

t.test('in the order of time', (t) => {
  const steps = networkTimeline({
    queries: [
      {
        query_type: 'A',
        hostname: 'a.org',
        resolver_address: '192.0.2.53:53',
        failure: null,
        answers: [{ ipv4: '192.0.2.1' }, { hostname: 'b.org' }, 7],
        t0: 0.25,
        t: 0.5,
      },
    ],
    tcp_connect: [{ ip: '::1', port: 443, status: { failure: 'refused' }, t0: 0.75, t: 1 }],
    tls_handshakes: [
      { address: '[::1]:443', server_name: 'a.org', tls_version: 'TLSv1.3', t: 0.6 },
    ],
    requests: [{ request: { method: 'GET', url: 'https://a.org/' }, response: { code: 200 } }],
  });
  t.strictSame(steps, [
    {
      kind: 'http',
      target: 'GET https://a.org/',
      outcome: '200',
      failure: undefined,
      startS: undefined,
      endS: undefined,
    },
    {
      kind: 'dns',
      target: 'A a.org @192.0.2.53:53',
      outcome: '192.0.2.1, b.org',
      failure: undefined,
      startS: 0.25,
      endS: 0.5,
    },
    {
      kind: 'tls',
      target: '[::1]:443 a.org',
      outcome: 'TLSv1.3',
      failure: undefined,
      startS: 0.6,
      endS: 0.6,
    },
    { kind: 'tcp', target: '[::1]:443', outcome: '', failure: 'refused', startS: 0.75, endS: 1 },
  ]);
  t.end();
});

t.test('times and texts within bounds', (t) => {
  const [step] = networkTimeline({
    requests: [{ request: { url: 'x'.repeat(1_000) }, t0: -1, t: 1e300 }],
  });
  t.match(step, { startS: undefined, endS: undefined });
  t.equal(step!.target.length, 301);
  t.equal(networkTimeline({ queries: Array(10_000).fill({}) }).length, MAX_STEPS);
  t.end();
});
