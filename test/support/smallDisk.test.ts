/** A test's own disk goes with the test, also when that is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { mountSmallDisk } from './smallDisk.ts';

const isMounted = (dir: string) =>
  readFileSync('/proc/self/mounts', 'utf8').includes(` ${dir} tmpfs `);

t.test('taken away by its test, twice as well', async (t) => {
  const dir = t.testdir();
  const disk = await mountSmallDisk(dir);
  if (disk === undefined) return t.comment('mounting a small file system is not allowed here');
  t.ok(isMounted(dir));
  await disk.unmount();
  await disk.unmount();
  t.notOk(isMounted(dir));

  const module = fileURLToPath(new URL('smallDisk.ts', import.meta.url));
  const killed = spawn(
    process.execPath,
    [
      '--import=tsx',
      '--input-type=module',
      '-e',
      `const { mountSmallDisk } = await import(${JSON.stringify(module)});
       await mountSmallDisk(${JSON.stringify(dir)});
       process.stdout.write('mounted');
       setInterval(() => {}, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  await once(killed.stdout, 'data');
  t.ok(isMounted(dir));
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  while (isMounted(dir)) await setTimeout(20);
  t.pass('gone after a SIGKILL');
});
