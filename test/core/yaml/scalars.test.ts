import t from 'tap';
import { parse } from 'yaml';
import { legacyYamlOptions } from '../../../src/core/yaml/scalars.ts';

/** What the reference's reader makes of each plain scalar. */
const SCALARS: readonly (readonly [string, unknown])[] = [
  ['yes', true],
  ['Off', false],
  ['TRUE', true],
  ['y', 'y'],
  ['N', 'N'],
  ['yEs', 'yEs'],
  ['12', 12],
  ['-1_000', -1000],
  ['0', 0],
  ['010', 8],
  ['-010', -8],
  ['09', '09'],
  ['0x1F', 31],
  ['0b101', 5],
  ['1:30', 90],
  ['1.5', 1.5],
  ['1.', 1],
  ['.5', 0.5],
  ['-.5', '-.5'],
  ['1e3', '1e3'],
  ['1.5e3', '1.5e3'],
  ['1.5e+3', 1500],
  ['1E5', '1E5'],
  ['1:30.5', 90.5],
  ['.inf', Number.POSITIVE_INFINITY],
  ['-.INF', Number.NEGATIVE_INFINITY],
  ['!!float 1', 1],
  ['~', null],
  ['"12"', '12'],
  ['2015-01-02 03:04:05', '2015-01-02 03:04:05'],
];

t.test('plain scalars', async (t) => {
  for (const [text, expected] of SCALARS)
    t.strictSame(
      parse(`value: ${text}`, legacyYamlOptions(['timestamp'])),
      { value: expected },
      text,
    );
});
