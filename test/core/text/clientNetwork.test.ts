import t from 'tap';
import { clientNetwork } from '../../../src/core/text/clientNetwork.ts';

t.test('whom an address stands for', async (t) => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0DB8:0:0:1:2:3:4', '2001:db8:0:0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ] as const)
    t.equal(clientNetwork(address), network, address);
});

t.test('clients', (t) => {
  const cases: [string, string][] = [
    ['', ''],
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2'],
    ['2001:db8::6', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0'],
  ];
  for (const [address, client] of cases) t.equal(clientNetwork(address), client, address);
  t.end();
});
