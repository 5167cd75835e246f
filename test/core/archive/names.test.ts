import t from 'tap';
import {
  canText,
  folderPrefix,
  jsonlKey,
  linesKeyOf,
  nextK,
  parseCan,
  parseObjectKey,
  tarKey,
  tarKeyOf,
} from '../../../src/core/archive/names.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';

const folder = parseHourFolder('2021081715_US_webconnectivity')!;
const can = { folder, collectorId: '0', k: 0 };

t.test('names and keys (protocol, archive 2.2 and 2.3)', async (t) => {
  const key = 'raw/20210817/15/US/webconnectivity/2021081715_US_webconnectivity.n0.0.jsonl.gz';
  t.equal(jsonlKey(can), key);
  t.equal(tarKey(can), key.replace('.jsonl.gz', '.tar.gz'));
  t.equal(tarKeyOf(key), tarKey(can));
  t.strictSame([key, tarKey(can)].map(linesKeyOf), [key, key]);
  t.equal(folderPrefix(folder), 'raw/20210817/15/US/webconnectivity/');
  t.same(parseObjectKey(key), { can, kind: 'jsonl' });
  t.same(parseObjectKey(tarKey(can)), { can, kind: 'tar' });
  t.same(parseCan(canText({ ...can, collectorId: 'am4', k: 12 })), {
    ...can,
    collectorId: 'am4',
    k: 12,
  });
});

t.test('what is no can of ours', async (t) => {
  for (const name of [
    '',
    '2021081715_US_webconnectivity',
    '2021081715_US_webconnectivity.n0',
    '2021081715_US_webconnectivity.n0.00',
    '2021081715_US_webconnectivity.0.0',
    '2021081715_us_webconnectivity.n0.0',
    '../x.n0.0',
  ])
    t.equal(parseCan(name), undefined, name);
  for (const key of [
    'raw/20210817/15/US/webconnectivity/2021081716_US_webconnectivity.n0.0.jsonl.gz',
    'raw/20210817/15/US/2021081715_US_webconnectivity.n0.0.jsonl.gz',
    'raw/20210817/15/US/webconnectivity/2021081715_US_webconnectivity.n0.0.json.lz4',
    'jsonl/webconnectivity/US/20201004/00/20201004_US_webconnectivity.0.tar.0.jsonl.gz',
  ])
    t.equal(parseObjectKey(key), undefined, key);
});

t.test('k goes on after all that is known', async (t) => {
  const other = parseHourFolder('2021081715_US_tor')!;
  const cases = [
    ['nothing', [], 0],
    ['one can', [can], 1],
    ['a gap', [{ ...can, k: 7 }, can], 8],
    ['another host', [{ ...can, collectorId: '1', k: 4 }], 0],
    ['another folder', [{ ...can, folder: other, k: 4 }], 0],
  ] as const;
  for (const [name, known, expected] of cases) t.equal(nextK(folder, '0', known), expected, name);
});
