/** Covers src/core/sources/sourceAddress.ts. */
import t from 'tap';
import {
  addressesAt,
  parseSourceAddress,
  sourceName,
} from '../../../src/core/sources/sourceAddress.ts';

const HASH = 'a'.repeat(64);

t.test('what an address means', async (t) => {
  const cases: [string, object | undefined][] = [
    ['https://a.org/x/', { kind: 'https-files', base: 'https://a.org/x/' }],
    [
      'https://a.org/x.tar.gz',
      { kind: 'https-file', url: 'https://a.org/x.tar.gz', sha256: undefined },
    ],
    [
      `https://a.org/x#sha256=${HASH}`,
      { kind: 'https-file', url: 'https://a.org/x', sha256: HASH },
    ],
    ['https://a.org/x?a=/', { kind: 'https-file', url: 'https://a.org/x?a=/', sha256: undefined }],
    ['/srv/lists', { kind: 'path', path: '/srv/lists', sha256: undefined }],
    ['git:/srv/lists.git', { kind: 'git', path: '/srv/lists.git', revision: 'HEAD' }],
    ['git:/srv/l#refs/heads/x', { kind: 'git', path: '/srv/l', revision: 'refs/heads/x' }],
    ['git:/srv/l#--upload-pack=x', undefined],
    ['git:/srv/l#a..b c', undefined],
    ['git:https://a.org/x', undefined],
    ['http://a.org/x', undefined],
    ['https://user:secret@a.org/x', undefined],
    [`https://a.org/x/#sha256=${HASH}`, undefined],
    ['https://a.org/x#sha256=abc', undefined],
    ['lists', undefined],
    ['file:///srv', undefined],
    ['', undefined],
  ];
  for (const [text, expected] of cases) t.strictSame(parseSourceAddress(text), expected, text);
  for (const text of ['https://a.org/x/', 'https://a.org/x', '/srv/lists', 'git:/srv/l#HEAD'])
    t.equal(sourceName(parseSourceAddress(text)!), text);
});

t.test('this month, then the last one', async (t) => {
  const monthly = parseSourceAddress('https://a.org/{yyyymm}/x-{yyyymm}01.gz')!;
  t.strictSame(addressesAt(monthly, Date.UTC(2026, 0, 31, 23, 59)).map(sourceName), [
    'https://a.org/202601/x-20260101.gz',
    'https://a.org/202512/x-20251201.gz',
  ]);
  const other = parseSourceAddress('/srv/lists')!;
  t.strictSame(addressesAt(other, 0), [other]);
});
