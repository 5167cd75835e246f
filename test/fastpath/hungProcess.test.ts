import { spawnSync } from 'node:child_process';
import t from 'tap';

t.test('a process that cannot stop its threads says so and is gone by a signal', async (t) => {
  const script = `
    import { makeLog } from './src/log/log.ts';
    import { endStuckProcess } from './src/fastpath/hungProcess.ts';
    const write = (line) => process.stderr.write(line);
    process.on('exit', () => console.log('left by itself'));
    endStuckProcess(makeLog({ level: 'info', journald: false, write }));
    setInterval(() => {}, 1000);`;
  const { signal, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import=tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8', cwd: new URL('../..', import.meta.url) },
  );
  t.equal(signal, 'SIGKILL');
  t.equal(stdout, '');
  t.match(stderr, /no scoring thread can be stopped.*quarantine/);
});
