/**
 * Covers src/core/fingerprints/groupBy.ts.
 */
import t from 'tap';
import { headerPatterns } from '../../../src/core/fingerprints/headerPatterns.ts';
import { randomChoices } from '../../support/random.ts';
import { fingerprint } from './fingerprint.ts';

const made = (patterns: readonly string[], types: readonly string[]) =>
  patterns.map((pattern, rank) => ({
    rank,
    fingerprint: fingerprint(`f${rank}`, pattern, {
      locationFound: 'header.location',
      patternType: types[rank % types.length]!,
    }),
  }));
const byRank = (found: readonly { readonly rank: number }[]) =>
  found.map(({ rank }) => rank).sort((a, b) => a - b);

t.test('values and their beginnings', async (t) => {
  const all = made(['http://a', 'http://a', 'http:', '', 'x', 'http://a'], ['prefix']);
  const patterns = headerPatterns(all);
  t.equal(patterns.hasPrefixes, true);
  t.strictSame(byRank(patterns.beginning('http://a/b')), [0, 1, 2, 3, 5]);
  t.strictSame(byRank(patterns.beginning('http:')), [2, 3]);
  t.strictSame(byRank(patterns.beginning('')), [3]);
  t.strictSame(patterns.equalTo('http://a'), []);
});

t.test('other types never match', async (t) => {
  const patterns = headerPatterns(made(['a', 'a', 'a'], ['contains', 'regexp', 'full']));
  t.equal(patterns.hasPrefixes, false);
  t.strictSame(byRank(patterns.equalTo('a')), [2]);
  t.strictSame(patterns.equalTo({ format: 'base64' }), []);
  t.strictSame(patterns.beginning('a'), []);
});

t.test('as trying each in turn', async (t) => {
  const random = randomChoices(271);
  const text = (most: number) =>
    Array.from({ length: random.below(most + 1) }, () => random.pick(['a', 'b', 'я', '😀'])).join(
      '',
    );
  for (let round = 0; round < 300; round++) {
    const all = made(
      Array.from({ length: random.below(30) }, () => text(5)),
      ['prefix', 'full', 'prefix', 'contains'],
    );
    const patterns = headerPatterns(all);
    for (let tries = 0; tries < 20; tries++) {
      const value = text(7);
      const matching = (type: string, test: (pattern: string) => boolean) =>
        byRank(
          all.filter(
            ({ fingerprint: { patternType, pattern } }) => patternType === type && test(pattern),
          ),
        );
      t.strictSame(
        [byRank(patterns.beginning(value)), byRank(patterns.equalTo(value))],
        [
          matching('prefix', (pattern) => value.startsWith(pattern)),
          matching('full', (pattern) => value === pattern),
        ],
        value,
      );
    }
  }
});
