import t from 'tap';
import { shortened } from '../../../src/core/text/shortened.ts';

t.test('what has room stays as it is, of all else the rest is `…`', (t) => {
  t.equal(shortened('', 3), '');
  t.equal(shortened('abc', 3), 'abc');
  t.equal(shortened('abcd', 3), 'abc…');
  t.end();
});
