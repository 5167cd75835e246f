import type { Context } from 'koa';
import t from 'tap';
import { makeRequests } from '../../src/api/requests.ts';

t.test('a client is known by what our proxies add', async (t) => {
  const { clientAddress, nowMs } = makeRequests({ count: 1, addresses: [] }, () => 7);
  const req = {
    socket: { remoteAddress: '127.0.0.1' },
    headers: { 'x-forwarded-for': '1.2.3.4, 198.51.100.7' },
  };
  t.equal(clientAddress({ req } as unknown as Context), '198.51.100.7');
  t.equal(nowMs(), 7);
});
