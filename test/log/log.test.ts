import t from 'tap';
import { errorText, makeLog, underJournald } from '../../src/log/log.ts';

function capture(level: 'err' | 'debug' = 'debug', journald = true) {
  const lines: string[] = [];
  return { lines, log: makeLog({ level, journald, write: (line) => lines.push(line) }) };
}

t.test('one line an event, with the journal’s priority and key=value fields', async (t) => {
  const { lines, log } = capture();
  log.err('disk full', { dir: '/var/lib/ooni', free_bytes: 0 });
  log.warning('odd', {
    note: 'two words',
    empty: '',
    missing: undefined,
    nothing: null,
    yes: true,
  });
  log.with({ measurement_uid: '2026_X' }).debug('stored', { report_id: 'r' });
  t.strictSame(lines, [
    '<3>disk full dir=/var/lib/ooni free_bytes=0\n',
    '<4>odd note="two words" empty="" nothing=null yes=true\n',
    '<7>stored measurement_uid=2026_X report_id=r\n',
  ]);
});

t.test('text from outside cannot start a line or fake a field', async (t) => {
  const { lines, log } = capture();
  log.info('bad\n<0>forged', { reason: 'x\n<0>forged y="1"' });
  t.strictSame(lines, ['<6>bad <0>forged reason="x\\n<0>forged y=\\"1\\""\n']);
});

t.test('text from outside cannot act on a terminal', async (t) => {
  const { lines, log } = capture('debug', false);
  log.info('bad\u009b2J\u202e', { name: '\u001b[2J', c1: '\u009b31m', turned: 'a\u202eb', e: 'é' });
  t.strictSame(lines, ['bad 2J\\u202e name="\\u001b[2J" c1="\\u009b31m" turned="a\\u202eb" e=é\n']);
});

t.test('in a terminal levels are words, and quiet ones are bare', async (t) => {
  const { lines, log } = capture('debug', false);
  log.err('a');
  log.info('b');
  t.strictSame(lines, ['err: a\n', 'b\n']);
});

t.test('lines above the level are left out', async (t) => {
  const { lines, log } = capture('err');
  log.warning('no');
  log.err('yes');
  t.strictSame(lines, ['<3>yes\n']);
});

t.test('journald is recognised by its variable', async (t) => {
  t.equal(underJournald({}), false);
});

t.test('errors tell their causes', async (t) => {
  t.equal(errorText(new Error('outer', { cause: new Error('inner') })), 'outer: inner');
  t.equal(
    errorText(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })),
    'ECONNREFUSED',
  );
  t.equal(errorText('text'), 'text');
});
