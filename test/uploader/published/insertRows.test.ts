import t from 'tap';
import type { BodyPlace } from '../../../src/core/archive/jsonlRows.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { contentToken, rowBunches } from '../../../src/uploader/published/insertRows.ts';

const can = { folder: parseHourFolder('2026082110_IT_tor')!, collectorId: '1', k: 0 };

async function* places(count: number): AsyncGenerator<BodyPlace> {
  for (let line = 0; line < count; line++)
    yield {
      uid: `uid${line}`,
      reportId: 'r',
      input: '',
      line,
      memberOffsetBytes: 0,
      memberLengthBytes: 1,
      memberLine: line,
    };
}

t.test('rows of all places, in order, no more than some thousands at once', async (t) => {
  for (const [count, sizes] of [
    [0, []],
    [1, [1]],
    [5_000, [5_000]],
    [5_001, [5_000, 1]],
    [12_345, [5_000, 5_000, 2_345]],
  ] as const) {
    const found: number[] = [];
    const uids: string[] = [];
    for await (const { rows, keys } of rowBunches(can, places(count))) {
      found.push(rows.length);
      t.equal(keys.length, rows.length);
      for (const [at, row] of rows.entries()) {
        const { measurement_uid: uid } = JSON.parse(row);
        if (uid !== keys[at]!.measurementUid) t.fail(`${uid} is not ${keys[at]!.measurementUid}`);
        uids.push(uid);
      }
    }
    t.strictSame(found, sizes, `${count}`);
    t.strictSame(
      uids,
      Array.from({ length: count }, (_, at) => `uid${at}`),
    );
  }
});

t.test('a token is of the rows, not of their name alone', (t) => {
  t.equal(contentToken('key', ['a', 'b']), contentToken('key', ['a', 'b']));
  const others = [
    contentToken('key', ['ab']),
    contentToken('key', ['a']),
    contentToken('x', ['a']),
  ];
  t.equal(new Set([...others, contentToken('key', ['a', 'b'])]).size, 4);
  t.end();
});
