import t from 'tap';
import { matchingPieces } from '../../../src/core/text/places.ts';

const shown = (text: string, sought: string, max = 10) =>
  matchingPieces(text, sought, max)
    .map((piece) => (piece.isMatch ? `[${piece.text}]` : piece.text))
    .join('|');

t.test('places where a text is found', async (t) => {
  const cases: [string, string, string][] = [
    ['Blocked by dns, DNS', 'dns', 'Blocked by |[dns]|, |[DNS]'],
    ['a.b', '.', 'a|[.]|b'],
    ['(a|b)[c]{d}^$*+?\\\\', '(a|b)[c]{d}^$*+?\\\\', '[(a|b)[c]{d}^$*+?\\\\]'],
    ['İstanbul i', 'i', 'İstanbul |[i]'],
    ['aaaa', 'aa', '[aa]|[aa]'],
    ['nothing', 'x', 'nothing'],
    ['all', '', 'all'],
    ['', 'x', ''],
    ['<b>\u202e', '\u202e', '<b>|[\u202e]'],
  ];
  for (const [text, sought, expected] of cases) t.equal(shown(text, sought), expected, sought);
  t.equal(shown('a a a', 'a', 2), '[a]| |[a]| a', 'no more than asked for');
});
