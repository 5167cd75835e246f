import { copyFileSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { processTag } from '../../../src/edge/spool/processTag.ts';
import { makeWorkNote, readLeftWork, removeWorkNote } from '../../../src/edge/spool/workNotes.ts';

const uid = (digit: number) => `2026082110150${digit}.000000_IT_webconnectivity_0123456789abcdef`;
/** No process can have this number. */
const ENDED = '999999999-1';

t.test('what a process leaves is its last lists, each uid once', async (t) => {
  const folder = t.testdir();
  const name = (threadId: number) => join(folder, `${processTag()}.${threadId}`);
  const [first, second] = [makeWorkNote(folder, 1), makeWorkNote(folder, 2)];
  t.strictSame(readdirSync(folder), [], 'a thread that does nothing says nothing');
  first.say([uid(1), uid(2), uid(3)]);
  first.say([uid(4)]);
  second.say([uid(4), uid(5)]);
  t.strictSame(readLeftWork(folder).uids, [], 'this process runs');
  for (const threadId of [1, 2]) copyFileSync(name(threadId), join(folder, `${ENDED}.${threadId}`));
  const left = readLeftWork(folder);
  t.strictSame([...left.uids].sort(), [uid(4), uid(5)]);
  left.forget();
  left.forget();
  t.strictSame(readLeftWork(folder).uids, []);
  removeWorkNote(folder, 1);
  removeWorkNote(folder, 2);
  t.strictSame(readdirSync(folder), []);
});

t.test('a note that cannot be written, read or removed holds nobody up', async (t) => {
  const folder = t.testdir();
  const missing = join(folder, 'missing');
  const note = makeWorkNote(missing, 1);
  note.say([uid(1)]);
  mkdirSync(missing);
  note.say([uid(1)]);
  t.strictSame(readdirSync(missing), [], 'it is not tried for each list');
  removeWorkNote(join(folder, 'none'), 1);
  t.strictSame(readLeftWork(join(folder, 'none')).uids, []);
  mkdirSync(join(folder, `${ENDED}.1`));
  symlinkSync('nowhere', join(folder, `${ENDED}.2`));
  writeFileSync(join(folder, `${ENDED}.3`), '../../etc/passwd\n\0\n');
  writeFileSync(join(folder, `${ENDED}.4`), '');
  writeFileSync(join(folder, 'of somebody else'), uid(1));
  const left = readLeftWork(folder);
  t.strictSame(left.uids, []);
  left.forget();
  t.strictSame(readdirSync(folder).sort(), [`${ENDED}.1`, 'missing', 'of somebody else']);
});
