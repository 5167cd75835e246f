/** Covers src/edge/sources/noProxy.ts. */
import t from 'tap';
import { isWithoutProxy } from '../../../src/edge/sources/noProxy.ts';

t.test('whom no_proxy stands for', async (t) => {
  const cases: [string, string, boolean][] = [
    ['', 'example.org', false],
    [' , ,', 'example.org', false],
    ['*', 'example.org', true],
    ['a.example, *', '192.0.2.1', true],
    ['example.org', 'example.org', true],
    ['Example.ORG', 'example.org', true],
    ['example.org', 'EXAMPLE.org.', true],
    ['example.org.', 'example.org', true],
    ['example.org', 'lists.example.org', true],
    ['.example.org', 'lists.example.org', true],
    ['.example.org', 'example.org', true],
    ['*.example.org', 'lists.example.org', true],
    ['example.org', 'badexample.org', false],
    ['example.org', 'example.org.evil.example', false],
    ['.', 'example.org', false],
    ['*.', 'example.org', false],
    ['*.org*', 'example.org', false],
    ['localhost 127.0.0.1,example.org', 'example.org', true],
    ['example.org:443', 'example.org', true],
    ['example.org:8443', 'example.org', false],
    ['example.org:8443', 'example.org:8443', true],
    ['example.org', 'example.org:8443', true],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.10', false],
    ['192.0.2.1:8443', '192.0.2.1:8443', true],
    ['192.0.2.0/24', '192.0.2.77', true],
    ['192.0.2.0/24', '192.0.3.77', false],
    ['0.0.0.0/0', '203.0.113.9', true],
    ['0.0.0.0/0', 'example.org', false],
    ['192.0.2.0/33', '192.0.2.0', false],
    ['192.0.2.0/', '192.0.2.0', false],
    ['192.0.2.0/x', '192.0.2.0', false],
    ['192.0.2.0/-1', '192.0.2.0', false],
    // The parser of URLs writes an address as it is, however it came.
    ['192.0.2.1', '0xc0000201', true],
    ['2.1', '192.0.2.1', false],
    ['::1', '[::1]', true],
    ['[::1]', '[::1]', true],
    ['[::1]:443', '[::1]', true],
    ['[::1]:444', '[::1]', false],
    ['2001:db8::/32', '[2001:db8:1::9]', true],
    ['2001:db8::/32', '[2001:db9::9]', false],
    ['192.0.2.1', '[::ffff:192.0.2.1]', false],
    ['[', '[::1]', false],
    ['/8', 'example.org', false],
  ];
  for (const [list, host, expected] of cases)
    t.equal(isWithoutProxy(new URL(`https://${host}/`), list), expected, `"${list}": ${host}`);
});

t.test('a list without end costs no time', async (t) => {
  const before = process.cpuUsage().user;
  isWithoutProxy(
    new URL('https://example.org'),
    `${'a:'.repeat(50_000)} ${'a.example,'.repeat(50_000)}`,
  );
  t.ok(process.cpuUsage().user - before < 2_000_000);
});
