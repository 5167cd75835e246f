import t from 'tap';
import { openProgressBar } from '../../src/program/progressBar.ts';
import { makeTerminal } from '../support/terminal.ts';

t.test('on a terminal: numbers and text, and lines of others above the bar', async (t) => {
  const { stream, shown } = makeTerminal(true);
  const bar = openProgressBar('{value}/{total} folders {text}', stream);
  bar.write('before\n');
  t.equal(shown(), 'before\n', 'nothing is drawn yet');
  bar.update(1, 4, 'first');
  t.match(shown(), '1/4 folders first');
  bar.write('a line\n');
  t.equal(shown(), '\r\x1b[Ka line\n', 'in place of the bar');
  bar.update(2, 5, 'more came');
  bar.stop();
  bar.write('after\n');
  t.match(shown(), /\x1b\[\?25h[\s\S]*after\n$/, 'the cursor is back');
});

t.test('elsewhere: the lines of others alone', async (t) => {
  const { stream, shown } = makeTerminal(false);
  const bar = openProgressBar('{percentage}% {text}', stream);
  bar.update(1, 4, 'first');
  bar.write('a line\n');
  bar.stop();
  t.equal(shown(), 'a line\n');
});
