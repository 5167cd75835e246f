/**
 * Covers src/core/yaml/fault.ts.
 */
import t from 'tap';
import { MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import { yamlFault } from '../../../src/core/yaml/fault.ts';
import { parseYaml, YamlTooDeep } from '../../../src/core/yaml/parseYaml.ts';

const lists = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
const indented = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `${' '.repeat(level)}a:\n`).join('');

t.test('levels up to the bound', async (t) => {
  t.strictSame(parseYaml(lists(MAX_DEPTH), []), JSON.parse(lists(MAX_DEPTH)));
  t.match(parseYaml(indented(MAX_DEPTH), []), { a: { a: { a: {} } } });
  t.strictSame(parseYaml('- 1\n'.repeat(10 * MAX_DEPTH), []), Array(10 * MAX_DEPTH).fill(1));
});

t.test('more levels, however many and however they are written', async (t) => {
  for (const text of [
    lists(MAX_DEPTH + 1),
    `a: ${lists(MAX_DEPTH)}`,
    indented(MAX_DEPTH + 1),
    // These once ended the process.
    '{'.repeat(200_000),
    '{a: '.repeat(50_000),
    '['.repeat(200_000),
    '- '.repeat(100_000),
    '? '.repeat(100_000),
  ])
    t.throws(() => parseYaml(text, []), YamlTooDeep, text.slice(0, 20));
});

t.test('faults in words, without the text', async (t) => {
  const faultOf = (text: string) => {
    try {
      return parseYaml(text, []);
    } catch (error) {
      return yamlFault(error);
    }
  };
  t.equal(faultOf(lists(MAX_DEPTH + 1)), `nested deeper than ${MAX_DEPTH} levels`);
  t.match(faultOf('a: [secret'), /^[A-Z_]+ in line 1$/);
  t.equal(faultOf('a: *secret'), 'an alias that cannot be resolved, or too many');
});
