/** Covers src/core/sources/geoipJob.ts. */
import t from 'tap';
import { geoipJob } from '../../../src/core/sources/geoipJob.ts';

const MARK = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');

t.test('a file in the right format, and only one', async (t) => {
  const bytes = Buffer.concat([Buffer.alloc(200_000), MARK, Buffer.alloc(100)]);
  t.match(geoipJob.parse([{ name: 'a.mmdb', bytes }]), {
    kind: 'ok',
    content: { rows: 0, tables: [], sha256: /^[0-9a-f]{64}$/ },
  });
  const cases: [readonly { name: string; bytes: Buffer }[], RegExp][] = [
    [[], /no .mmdb file/],
    [[{ name: 'a.mmdb', bytes: Buffer.from('<html>') }], /expected a file in MaxMind's format/],
    [[{ name: 'a.mmdb', bytes: bytes.subarray(0, 200_005) }], /expected a file in/],
    [
      [
        { name: 'a.mmdb', bytes },
        { name: 'b.mmdb', bytes },
      ],
      /expected one .mmdb file, found a.mmdb and b.mmdb/,
    ],
  ];
  for (const [files, reason] of cases) t.match(geoipJob.parse(files), { kind: 'invalid', reason });
});
