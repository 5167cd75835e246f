import t from 'tap';
import { makeRandomPool } from '../../../src/core/probe/randomPool.ts';

t.test('no byte is given out twice, and none is left out of what is filled', async (t) => {
  let fills = 0;
  const random = makeRandomPool((bytes) => {
    fills++;
    // All different from those of other fillings.
    const numbers = new Uint32Array(bytes.buffer);
    numbers.forEach((_, at) => {
      numbers[at] = fills * 10_000 + at;
    });
  });
  const given = new Set<number>();
  const pieces: [piece: Uint8Array, copy: Uint8Array][] = [];
  for (let round = 0; round < 200; round++) {
    const piece = random(252);
    t.equal(piece.length, 252);
    for (const number of new Uint32Array(piece.slice().buffer)) {
      if (number === 0 || given.has(number)) t.fail(`${number} again`);
      given.add(number);
    }
    pieces.push([piece, piece.slice()]);
  }
  t.ok(fills >= 4 && fills <= 5, `${fills} fillings`);
  for (const [piece, copy] of pieces) t.strictSame(piece, copy, 'stays as it is');
  t.equal(random(16_384).length, 16_384);
  t.throws(() => random(16_385), RangeError);
});
