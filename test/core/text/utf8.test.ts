import { isUtf8 } from 'node:buffer';
import t from 'tap';
import { decodeUtf8 } from '../../../src/core/text/utf8.ts';
import { randomChoices } from '../../support/random.ts';

/** So many that each of the ways is taken: bytes one by one, many at once, and more than are held twice. */
const REPEATS = [1, 3_000, 4_500_000];

t.test('any text is the one that it was', async (t) => {
  for (const unit of [
    '',
    'a',
    'a"\\\n\u0000',
    '\ufeff',
    'é',
    'Ж',
    '中',
    '😀',
    '\u{10ffff}\ud7ff\ue000\uffff',
  ]) {
    for (const repeats of REPEATS) {
      const text = unit.repeat(repeats);
      t.ok(decodeUtf8(Buffer.from(text)) === text, `${repeats} of ${JSON.stringify(unit)}`);
    }
  }
});

t.test('mixed texts, in the middle of a larger buffer', async (t) => {
  const random = randomChoices(20_260_821);
  for (let round = 0; round < 300; round++) {
    const units = Array.from({ length: random.below(20_000) }, () =>
      random.below(100) === 0 ? random.pick(['é', 'Ж', '中', '😀', '\ufeff']) : 'x',
    );
    const text = units.join('');
    const bytes = Buffer.from(`ж${text}ж`);
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset + 2, bytes.length - 4);
    t.ok(decodeUtf8(view) === text, `${view.length} bytes`);
  }
});

t.test('what is not UTF-8', async (t) => {
  const faults = ['ff', 'c0af', 'c3', 'e9', 'eda080', 'f4908080', '80', 'e28228'];
  for (const fault of faults.map((hex) => Buffer.from(hex, 'hex'))) {
    t.notOk(isUtf8(fault));
    for (const around of [0, 10, 20_000, 20_000_000]) {
      const text = Buffer.alloc(around, 'x');
      t.equal(decodeUtf8(Buffer.concat([text, fault])), undefined, `after ${around}`);
      t.equal(decodeUtf8(Buffer.concat([fault, text])), undefined, `before ${around}`);
    }
  }
});
