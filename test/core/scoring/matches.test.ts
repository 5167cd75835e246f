import t from 'tap';
import { compileFingerprints } from '../../../src/core/fingerprints/match.ts';
import { matchTestKeys } from '../../../src/core/scoring/matches.ts';
import { fingerprint } from '../fingerprints/fingerprint.ts';

const dns = { locationFound: 'dns' };
const known = compileFingerprints(
  [fingerprint('d1', '192.0.2.1', dns), fingerprint('d2', 'block.example', dns)],
  [
    fingerprint('h.location', 'http://block', {
      locationFound: 'header.location',
      patternType: 'prefix',
    }),
    fingerprint('b1', 'blocked'),
    fingerprint('h.via', '1.1 filter', { locationFound: 'header.via', patternType: 'full' }),
    fingerprint('h.contains', 'http', {
      locationFound: 'header.location',
      patternType: 'contains',
    }),
    fingerprint('b2', 'заблокирован'),
    fingerprint('h.full', 'http://block', {
      locationFound: 'header.location',
      patternType: 'full',
    }),
  ],
);

const answers = (...list: unknown[]) => ({ queries: [{ answers: list }] });
const responses = (...list: unknown[]) => ({ requests: list.map((response) => ({ response })) });
const base64 = (text: string, encoding: BufferEncoding = 'utf8') => ({
  format: 'base64',
  data: Buffer.from(text, encoding).toString('base64'),
});

t.test('matches', async (t) => {
  for (const [name, testKeys, expected] of [
    ['nothing', {}, []],
    ['addresses', answers({ ipv4: '192.0.2.1' }, { ipv6: '192.0.2.1' }), ['d1', 'd1']],
    ['ipv4 before hostname', answers({ hostname: 'block.example', ipv4: null }), []],
    ['hostname before ipv6', answers({ ipv6: '192.0.2.1', hostname: 'block.example' }), ['d2']],
    ['odd answers', answers(null, 'ipv4', 5, [], { constructor: 1 }), []],
    [
      'odd queries',
      { queries: [null, 'x', { answers: null }, { answers: { ipv4: '192.0.2.1' } }] },
      [],
    ],
    ['no list', { queries: 'x', requests: { a: 1 } }, []],
    [
      'bodies',
      responses({ body: 'заблокирован, blocked' }, null, 5, { body: 'blocked' }),
      ['b1', 'b2', 'b1'],
    ],
    ['bytes', responses({ body: base64('заблокирован') }), ['b2']],
    ['bytes that are no text', responses({ body: base64('\xff\xfeblocked', 'latin1') }), ['b1']],
    [
      'odd bodies',
      responses({ body: 5 }, { body: { data: 'x' } }, { body: { format: 'base64' } }),
      [],
    ],
    [
      'headers',
      responses({ headers: { Location: 'http://block', VIA: '1.1 filter' } }),
      ['h.location', 'h.via', 'h.full'],
    ],
    ['prefix', responses({ headers: { location: 'http://block.example' } }), ['h.location']],
    ['full is no prefix', responses({ headers: { via: '1.1 filters' } }), []],
    [
      'the later name counts',
      responses({ headers: { Location: 'http://block', location: 'x' } }),
      [],
    ],
    ['header bytes', responses({ headers: { location: base64('http://block') } }), ['h.location']],
    ['header without data', responses({ headers: { location: { format: 'base64' } } }), []],
    [
      'broken header that nobody reads',
      responses({ headers: { via: { format: 'base64', data: 'x' } } }),
      [],
    ],
    ['odd headers', responses({ headers: [['location', 'http://block']] }, { headers: 5 }), []],
    [
      'names of every object',
      responses({ headers: JSON.parse('{"__proto__":"x","constructor":"y"}') }),
      [],
    ],
    [
      'order',
      {
        ...responses({ body: 'blocked', headers: { via: '1.1 filter' } }),
        ...answers({ ipv4: '192.0.2.1' }),
      },
      ['d1', 'b1', 'h.via'],
    ],
  ] as const) {
    const found = matchTestKeys(testKeys, known);
    const names = found.kind === 'matches' ? found.matches.map((match) => match.name) : found;
    t.strictSame(names, expected, name);
  }
});

t.test('base64 that does not decode', async (t) => {
  for (const [response, where] of [
    [{ body: { format: 'base64', data: 'x' } }, 'body.data'],
    [{ body: { format: 'base64', data: null } }, 'body.data'],
    [
      { body: 'blocked', headers: { Location: { format: 'base64', data: 'YQ' } } },
      'headers.location.data',
    ],
  ] as const) {
    t.match(matchTestKeys(responses(response), known), { kind: 'undecodable', where });
  }
});
