import type { IncomingMessage } from 'node:http';
import t from 'tap';
import { makeClientAddress } from '../../../src/edge/http/clientAddress.ts';

const request = (peer: string | undefined, forwarded?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage;

const CLIENT = '198.51.100.7';

t.test('proxies are counted from the right', async (t) => {
  const cases: [
    count: number,
    peer: string | undefined,
    forwarded: string | undefined,
    is: string,
  ][] = [
    [1, '127.0.0.1', CLIENT, CLIENT],
    [1, '::1', CLIENT, CLIENT],
    [1, '::ffff:127.0.0.1', CLIENT, CLIENT],
    // A Unix socket has no address.
    [1, undefined, CLIENT, CLIENT],
    [1, '127.0.0.1', `1.2.3.4, ${CLIENT}`, CLIENT],
    [1, '127.0.0.1', `1.2.3.4,5.6.7.8 ,  ${CLIENT}  `, CLIENT],
    [2, '127.0.0.1', `1.2.3.4, ${CLIENT}, 203.0.113.9`, CLIENT],
    // Past the first proxy: what there is.
    [2, '127.0.0.1', CLIENT, CLIENT],
    [3, '127.0.0.1', `${CLIENT}, 203.0.113.9`, CLIENT],
    [1, '127.0.0.1', undefined, '127.0.0.1'],
    [1, '127.0.0.1', '', '127.0.0.1'],
    [1, '127.0.0.1', ' , ', '127.0.0.1'],
    [0, '127.0.0.1', '1.2.3.4', '127.0.0.1'],
    [1, '127.0.0.1', '::ffff:198.51.100.7', CLIENT],
    [1, '127.0.0.1', '2001:db8::7', '2001:db8::7'],
    [1, '127.0.0.1', 'fe80::1%eth0', 'fe80::1'],
    // No address at all: unknown, not something to look up or keep.
    [1, '127.0.0.1', 'unknown', ''],
    [1, '127.0.0.1', '<script>', ''],
    [1, undefined, undefined, ''],
  ];
  for (const [count, peer, forwarded, expected] of cases)
    t.equal(
      makeClientAddress({ count, addresses: [] })(request(peer, forwarded)),
      expected,
      `${count} ${peer} ${forwarded}`,
    );
});

t.test('the header of a stranger says nothing', async (t) => {
  const address = makeClientAddress({ count: 1, addresses: ['192.0.2.0/24', '2001:db8::5'] });
  t.equal(address(request('203.0.113.1', '1.2.3.4')), '203.0.113.1');
  t.equal(address(request('::ffff:203.0.113.1', '1.2.3.4')), '203.0.113.1');
  t.equal(address(request('192.0.2.200', CLIENT)), CLIENT, 'a network that is told');
  t.equal(address(request('2001:db8::5', CLIENT)), CLIENT, 'an address that is told');
  t.equal(address(request('2001:db8::6', CLIENT)), '2001:db8::6');
});
