/** is-configured tells a host on which nothing was set from one whose settings are for the program to judge. */
import { spawnSync } from 'node:child_process';
import t from 'tap';

t.test('what counts as set', async (t) => {
  const cases: [name: string, file: string, dropIn: string | undefined, code: number][] = [
    ['nothing is', '', undefined, 1],
    ['an example', '#collector_id = "1"  # for example\n', undefined, 1],
    ['one of two', 'collector_id = "1"\n', undefined, 1],
    [
      'both in the file, as older packages had them',
      'collector_id = "1"\nbase_url="x"\n',
      undefined,
      0,
    ],
    ['both in a drop-in', '', 'base_url = "x"\n collector_id = ""\n', 0],
    ['one here, one there', 'base_url = "x"\n', '"collector_id"="1"\n', 0],
    ['a longer name', 'base_url = "x"\n', 'my_collector_id = "1"\n', 1],
  ];
  for (const [name, file, dropIn, code] of cases) {
    const dir = t.testdir({
      'api.toml': file,
      ...(dropIn === undefined ? {} : { 'api.toml.d': { 'local.toml': dropIn } }),
    });
    const { status, stdout, stderr } = spawnSync(
      'systemd/is-configured',
      ['api', 'collector_id', 'base_url'],
      { env: { ...process.env, OONI_ETC: dir }, encoding: 'utf8' },
    );
    t.equal(status, code, name);
    t.equal(stderr, '');
    if (code === 1) t.match(stdout, /^\w+ is not set: set it in a file in \S+\/api\.toml\.d, then/);
    else t.equal(stdout, '');
  }
});
