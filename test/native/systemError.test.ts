import { unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { systemError } from '../../src/native/systemError.ts';

t.test('it is what Node throws', async (t) => {
  const path = join(t.testdir(), 'nothing');
  let thrown: unknown;
  try {
    unlinkSync(path);
  } catch (error) {
    thrown = error;
  }
  const made = systemError(constants.errno.ENOENT, 'unlink', path);
  t.equal(made.message, (thrown as Error).message);
  t.strictSame({ ...made }, { ...(thrown as Error) });
});

t.test('a number that nothing is known of', async (t) => {
  t.match(systemError(9999, 'open', '/x'), {
    message: "errno 9999: unknown error, open '/x'",
    code: 'errno 9999',
  });
});
