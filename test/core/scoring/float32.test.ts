/** Decimal texts as Float32: known ones, and many as the database itself rounds them. */
import t from 'tap';
import { float32OfDecimal } from '../../../src/core/scoring/float32.ts';
import { openClickHouse } from '../../../src/edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../../../src/edge/clickhouse/insert.ts';
import { startClickHouse } from '../../support/clickhouse.ts';

t.test('decimals', async (t) => {
  for (const [text, expected] of [
    ['0', 0],
    ['-0', -0],
    ['1.5', 1.5],
    ['0.1', Math.fround(0.1)],
    ['1e-7', Math.fround(1e-7)],
    // Half-way by way of the double, and a bit more or less than that as a decimal.
    ['4.528588056564331', 4.528587818145752],
    ['-4.528588056564331', -4.528587818145752],
    ['8.1352613534591e-8', Math.fround(8.135260998187732e-8)],
    // Exactly half-way: to the even one.
    ['16777217', 16777216],
    ['16777219', 16777220],
    ['16777217.0000000001', 16777218],
    ['16777216.9999999999', 16777216],
    ['1e400', Number.POSITIVE_INFINITY],
    ['3.5e38', Number.POSITIVE_INFINITY],
    ['1e-46', 0],
    ['', Number.NaN],
    ['nan', Number.NaN],
    ['0x10', Number.NaN],
    [' 1', Number.NaN],
    ['1e99999', Number.NaN],
    [`1.${'0'.repeat(1_000_000)}`, Number.NaN],
  ] as const)
    t.ok(Object.is(float32OfDecimal(text), expected), text.slice(0, 40));
});

/** A generator with a seed, so that a failure can be seen again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const view = new DataView(new ArrayBuffer(8));
const float32Of = (bits: number) => {
  view.setUint32(0, bits);
  return view.getFloat32(0);
};

/** Doubles of all kinds, many of them half-way between two of Float32. */
function* doubles(count: number, next: () => number): Generator<number> {
  for (let index = 0; index < count; index++) {
    const bits = Math.floor(next() * 2 ** 32);
    switch (index % 4) {
      case 0:
        view.setUint32(0, bits);
        view.setUint32(4, Math.floor(next() * 2 ** 32));
        yield view.getFloat64(0);
        break;
      case 1:
        yield next() * 10 ** Math.floor(next() * 12 - 4);
        break;
      case 2:
        yield Number((next() * 1000).toFixed(Math.floor(next() * 12)));
        break;
      case 3:
        yield (float32Of(bits) + float32Of((bits + 1) >>> 0)) / 2;
    }
  }
}

t.test('as the database rounds', async (t) => {
  const server = await startClickHouse();
  const client = openClickHouse({
    url: server.url,
    database: 'default',
    username: 'default',
    password: '',
    requestTimeoutMs: 60_000,
    application: 'test',
  });
  t.teardown(async () => {
    await client.close();
    await server.stop();
  });
  const seed = Math.floor(Math.random() * 2 ** 32);
  t.comment(`seed ${seed}`);
  const texts = [...doubles(100_000, random(seed))]
    .filter((double) => Number.isFinite(Math.fround(double)))
    .map((double) => JSON.stringify(double));
  await client.command({
    query: 'CREATE TABLE floats (at UInt32, text String, value Float32) ENGINE = Memory',
  });
  await insertLines(
    client,
    'floats',
    texts.map((text, at) => `{"at":${at},"text":"${text}","value":${text}}`),
    'floats',
  );
  const answer = await client.query({
    query: 'SELECT text, reinterpretAsUInt32(value) AS bits FROM floats ORDER BY at',
    format: 'JSONEachRow',
  });
  const found = await answer.json<{ text: string; bits: number }>();
  t.equal(found.length, texts.length);
  const wrong = found.filter(({ text, bits }) => float32OfDecimal(text) !== float32Of(bits));
  t.strictSame(wrong, []);
  const byWayOfDouble = found.filter(
    ({ text, bits }) => Math.fround(Number(text)) !== float32Of(bits),
  );
  t.ok(byWayOfDouble.length > 0, 'what is compared makes a difference');
});
