/** Cursors as text: what is written is read back, and nothing else is. */
import t from 'tap';
import {
  cursorText,
  fitsCursor,
  MAX_CURSOR_CHARS,
  parseCursor,
  type SearchCursor,
} from '../../../../src/core/endpoints/measurements/searchCursor.ts';

const KEY = {
  startS: 1704067200,
  reportId: 'r',
  input: 'https://é.org/?a=b c"\\',
  measurementUid: 'u',
};

t.test('there and back', (t) => {
  const cursors: SearchCursor[] = [
    { key: KEY, place: 100, descending: true },
    { key: { ...KEY, input: '', startS: 0 }, place: 0, descending: false },
    { key: { ...KEY, startS: 0xffffffff }, place: 2 ** 50, descending: false },
  ];
  for (const cursor of cursors) t.strictSame(parseCursor(cursorText(cursor)), cursor);
  t.end();
});

t.test('a key that fits makes a text that is taken', (t) => {
  const widest = { ...KEY, reportId: '', measurementUid: '', input: '\u0001'.repeat(480) };
  t.equal(fitsCursor(widest), true);
  const text = cursorText({ key: widest, place: Number.MAX_SAFE_INTEGER, descending: true });
  t.ok(text.length <= MAX_CURSOR_CHARS, `${text.length} characters`);
  t.strictSame(parseCursor(text)?.key, widest);
  t.equal(fitsCursor({ ...widest, reportId: 'r' }), false);
  t.end();
});

t.test('what is no cursor', (t) => {
  const of = (...fields: unknown[]) => Buffer.from(JSON.stringify(fields)).toString('base64url');
  for (const text of [
    '',
    'x',
    'ä',
    '%',
    Buffer.from('{"a":1}').toString('base64url'),
    Buffer.from('null').toString('base64url'),
    of(),
    of(2, 1, 0, 0, 'r', 'i', 'u'),
    of(1, true, 0, 0, 'r', 'i', 'u'),
    of(1, 1, -1, 0, 'r', 'i', 'u'),
    of(1, 1, 0.5, 0, 'r', 'i', 'u'),
    of(1, 1, 0, 2 ** 32, 'r', 'i', 'u'),
    of(1, 1, 0, '0', 'r', 'i', 'u'),
    of(1, 1, 0, 0, null, 'i', 'u'),
    of(1, 1, 0, 0, 'r', ['i'], 'u'),
    of(1, 1, 0, 0, 'r', 'i', 7),
    of(1, 1, 0, 0, 'r', 'i', 'u', 'more'),
    'A'.repeat(MAX_CURSOR_CHARS + 1),
  ])
    t.equal(parseCursor(text), undefined, text.slice(0, 40));
  t.end();
});
