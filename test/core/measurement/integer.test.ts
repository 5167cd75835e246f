import t from 'tap';
import { parseInteger } from '../../../src/core/measurement/integer.ts';

t.test('integers', async (t) => {
  for (const [text, expected] of [
    ['123', 123n],
    ['007', 7n],
    [' +7\n', 7n],
    ['-4', -4n],
    ['1_000', 1000n],
    ['123456789012345678901234567890', 123456789012345678901234567890n],
    ['', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    ['0x10', undefined],
    ['1__0', undefined],
    ['9'.repeat(5000), undefined],
  ] as const) {
    t.equal(parseInteger(text), expected, text.slice(0, 40));
  }
});
