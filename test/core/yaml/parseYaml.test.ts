/**
 * Covers src/core/yaml/fault.ts.
 */
import t from 'tap';
import { MAX_DEPTH } from '../../../src/core/json/bounds.ts';
import { yamlFault } from '../../../src/core/yaml/fault.ts';
import {
  MAX_YAML_ALIASES,
  MAX_YAML_LEXEMES,
  parseYaml,
  YamlTooDeep,
  YamlTooMuch,
} from '../../../src/core/yaml/parseYaml.ts';

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

t.test(
  'many parts, aliases and faults are refused before the library makes something of them',
  async (t) => {
    const many = (part: string) => `[${part.repeat(MAX_YAML_LEXEMES)}]`;
    for (const text of [
      many('1,'),
      many(','),
      many('{}'),
      '}'.repeat(MAX_YAML_LEXEMES),
      'a: 1\n'.repeat(MAX_YAML_LEXEMES),
      `- &a 1\n${'- *a\n'.repeat(MAX_YAML_ALIASES + 1)}`,
    ])
      t.throws(() => parseYaml(text, []), YamlTooMuch, text.slice(0, 20));
    const body = 'x\n  '.repeat(MAX_YAML_LEXEMES);
    t.match(parseYaml(`a: "${body}"\nb: |\n  ${body}\nc: [*d]`.replace('*d', '1'), []), { c: [1] });
  },
);

t.test('a fault in a long line, and many in it: as quick as if there were none', async (t) => {
  const codeOf = (text: string) => {
    try {
      return parseYaml(text, []);
    } catch (error) {
      return yamlFault(error);
    }
  };
  // By the square of the line these would take hours.
  t.equal(codeOf(`${'\r'.repeat(8_000_000)}a: 1`), 'KEY_OVER_1024_CHARS in line 1');
  const long = 'x'.repeat(4_000_000);
  t.equal(codeOf(`[${','.repeat(20_000)} ${long}]`), 'UNEXPECTED_TOKEN in line 1');
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
  t.equal(faultOf('}'.repeat(MAX_YAML_LEXEMES + 1)), 'too many values or aliases');
  t.equal(faultOf('a: *secret'), 'an alias that cannot be resolved, or too many');
});
