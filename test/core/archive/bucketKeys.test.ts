import t from 'tap';
import { judgeKey, mayBeOnItsWay } from '../../../src/core/archive/bucketKeys.ts';

const FOLDER = 'raw/20260821/10/IT/tor/';

t.test('keys', async (t) => {
  for (const [key, kind, days] of [
    [`${FOLDER}2026082110_IT_tor.n1.0.jsonl.gz`, 'can'],
    [`${FOLDER}2026082110_IT_tor.nabc.999999999.tar.gz`, 'can'],
    [`${FOLDER}2026082110_IT_tor.n1.00.jsonl.gz`, 'foreign', ['20260821']],
    [`${FOLDER}2026082110_IT_tor.n1.1234567890.jsonl.gz`, 'foreign', ['20260821']],
    [`${FOLDER}2026082210_IT_tor.n1.0.jsonl.gz`, 'foreign', ['20260822', '20260821']],
    [`${FOLDER}deep/x.yaml.lz4`, 'foreign', ['20260821']],
    ['raw/20261399/10/IT/tor/2026139910_IT_tor.n1.0.tar.gz', 'foreign', ['20261399']],
    ['raw/x.json.lz4', 'foreign', []],
    ['jsonl/tor/IT/20200821/00/20200821_IT_tor.l.0.jsonl.gz', 'foreign', ['20200821']],
    [`${FOLDER}index.html`, 'other'],
    ['log/n1/key', 'other'],
    ['tables/x.tar.gz', 'other'],
  ] as const)
    t.match(judgeKey(key), days === undefined ? { kind } : { kind, days }, key);
});

t.test('what may be on its way', async (t) => {
  const hour = '2026082110';
  const startMs = Date.UTC(2026, 7, 21, 10);
  for (const [hours, expected] of [
    [-1000, false],
    [-1, false],
    [-0.5, true],
    [1, true],
    [47, true],
    [48, false],
    [10_000, false],
  ] as const)
    t.equal(mayBeOnItsWay(hour, startMs + hours * 3_600_000), expected, `${hours} hours after`);
});
