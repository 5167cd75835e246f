/**
 * Covers src/core/fingerprints/{gramIndex, piece}.ts.
 */
import t, { type Test } from 'tap';
import { compilePatterns } from '../../../src/core/fingerprints/patternSearch.ts';
import { type Random, randomChoices } from '../../support/random.ts';

/** What the search must equal: each pattern in turn. */
function inTurn(patterns: readonly string[], body: string | Buffer): number[] {
  const occurs = (pattern: string): boolean =>
    typeof body === 'string' ? body.includes(pattern) : body.includes(Buffer.from(pattern, 'utf8'));
  return patterns.flatMap((pattern, i) => (occurs(pattern) ? [i] : []));
}

function check(test: Test, patterns: readonly string[], bodies: readonly string[]): void {
  const search = compilePatterns(patterns);
  for (const body of bodies) {
    const bytes = Buffer.from(body, 'utf8');
    const shown = `${patterns.length} patterns in ${body.length} units`;
    test.strictSame(search(body), inTurn(patterns, body), `text, ${shown}`);
    test.strictSame(search(bytes), inTurn(patterns, bytes), `bytes, ${shown}`);
  }
}

t.test('edges', async (t) => {
  check(t, [], ['', 'x']);
  check(t, [''], ['', 'x', 'x'.repeat(40_000)]);
  check(t, ['a', 'ab', 'abc', 'a', ''], ['', 'a', 'ab', 'xabc', 'c']);
  check(t, ['abcdefgh', 'abcdefghijklmnopq'], ['abcdefgh', 'abcdefg', 'xabcdefghijklmnopqx']);
});

t.test('the last and the first byte of a body, at every alignment', async (t) => {
  for (const length of [1, 2, 3, 6, 7, 8, 14, 15, 16, 40]) {
    const pattern = 'The quick brown fox jumps over the lazy dogs'.slice(0, length);
    const search = compilePatterns([pattern]);
    for (let before = 0; before < 17; before++) {
      for (let after = 0; after < 3; after++) {
        const body = '-'.repeat(before) + pattern + '-'.repeat(after);
        t.strictSame(search(body), [0], `${length} after ${before}`);
        t.strictSame(search(body.slice(0, before + length - 1)), [], 'cut');
      }
    }
  }
});

t.test('patterns that lie across the pieces of a body', async (t) => {
  const pattern = 'Access to this website has been blocked';
  const search = compilePatterns([pattern, 'been', 'website h']);
  for (let shift = -pattern.length - 1; shift <= 1; shift++) {
    const body = `${'.'.repeat(16_384 + shift)}${pattern}${'.'.repeat(100)}`;
    t.strictSame(search(body), [0, 1, 2], `${shift}`);
    t.strictSame(search(Buffer.from(body)), [0, 1, 2], `bytes, ${shift}`);
  }
});

t.test('beyond Latin-1', async (t) => {
  const patterns = [
    '非法阻断',
    'Доступ ограничен',
    '\ufffd',
    'naïve café society',
    'ÿÿÿÿÿÿÿÿ',
    '��.*��',
  ];
  check(t, patterns, [
    '<h1>非法阻断</h1>',
    'page: Доступ ограничен!',
    // The same low bytes as in the patterns, but other characters.
    '\u975e\u6cd5\u963b\u65ad'.replace(/./g, (c) => String.fromCharCode(c.charCodeAt(0) & 0xff)),
    '\u01ff\u02ff\u03ff\u04ff\u05ff\u06ff\u07ff\u08ff',
    'a naïve café society',
    'half a pair',
  ]);
  // A lone surrogate becomes U+FFFD only when written as UTF-8: the text has none.
  t.strictSame(compilePatterns(['\ufffd'])('a \ud800 b'), []);
  t.strictSame(compilePatterns(['\ufffd\ufffd\ufffd'])('a \ud800\ud800\ud800 b'), []);
});

t.test('a view into the middle of a larger buffer', async (t) => {
  const memory = Buffer.from('0123456789 blocked by order 0123456789');
  const search = compilePatterns(['blocked by order', '0123456789']);
  t.strictSame(search(memory.subarray(11, 27)), [0]);
  t.strictSame(search(new Uint8Array(memory.buffer, memory.byteOffset + 11, 16)), [0]);
});

t.test('bodies made to be compared over and over', async (t) => {
  const pattern = `${'a'.repeat(200)}b`;
  const patterns = [pattern, 'abababababababac', 'xyxyxyxyxyz', 'ab', `${'a'.repeat(20)}c`];
  check(t, patterns, [
    'a'.repeat(100_000),
    `${'a'.repeat(100_000)}b`,
    'ab'.repeat(50_000),
    `${'ab'.repeat(50_000)}ac`,
    'xy'.repeat(30_000),
    `${'xy'.repeat(30_000)}z${'a'.repeat(30)}c`,
  ]);
});

t.test('random patterns and bodies', async (t) => {
  const random = randomChoices(20_260_821);
  const alphabets = [
    'ab',
    'abc ',
    '<html>div',
    'aé中😀',
    '\u0000\uffff\ufffdÿ',
    'abcdefghijklmnopqrstuvwxyz',
  ];
  for (let round = 0; round < 150; round++) {
    const alphabet = Array.from(random.pick(alphabets));
    const patterns = randomPatterns(random, alphabet);
    const bodies = Array.from({ length: 5 }, () => randomBody(random, alphabet, patterns));
    check(t, patterns, bodies);
  }
});

t.test('many patterns', async (t) => {
  const random = randomChoices(7);
  const alphabet = Array.from('abcdefghijklmnop <>/="');
  const patterns = Array.from({ length: 5000 }, () =>
    randomText(random, alphabet, 4 + random.below(40)),
  );
  const bodies = Array.from({ length: 10 }, () => randomBody(random, alphabet, patterns));
  check(t, patterns, bodies);
});

function randomText(random: Random, alphabet: readonly string[], length: number): string {
  return Array.from({ length }, () => random.pick(alphabet)).join('');
}

/** Of all lengths, with duplicates and parts of each other. */
function randomPatterns(random: Random, alphabet: readonly string[]): string[] {
  const patterns: string[] = [];
  const count = random.below(60);
  while (patterns.length < count) {
    const before = random.pick(patterns.length > 0 ? patterns : ['']);
    const from = random.below(before.length + 1);
    patterns.push(
      random.pick([
        () => randomText(random, alphabet, random.below(8)),
        () => randomText(random, alphabet, random.below(60)),
        () => before,
        () => before.slice(from),
        () => before.slice(0, from),
        () => before + randomText(random, alphabet, 1 + random.below(3)),
      ])(),
    );
  }
  return patterns;
}

/** Made of pieces of the patterns, whole and cut, so that nearly everything nearly matches. */
function randomBody(
  random: Random,
  alphabet: readonly string[],
  patterns: readonly string[],
): string {
  const parts: string[] = [];
  for (let count = random.pick([0, 1, 3, 20, 200]); count > 0; count--) {
    const pattern = random.pick(patterns.length > 0 ? patterns : ['']);
    const from = random.below(pattern.length + 1);
    parts.push(
      random.pick([
        () => randomText(random, alphabet, random.below(30)),
        () => pattern.slice(from),
        () => pattern.slice(0, from),
        () => (random.below(8) === 0 ? pattern : ''),
        () => random.pick(alphabet).repeat(random.below(50)),
      ])(),
    );
  }
  const body = parts.join('');
  return random.below(10) === 0 ? body.repeat(1 + Math.floor(40_000 / (body.length + 1))) : body;
}
