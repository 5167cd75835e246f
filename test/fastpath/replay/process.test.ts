/** Replays as processes: stopped, killed, and with what they need out of reach. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { bundle } from '../../support/bundle.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { freePort } from '../../support/ports.ts';
import { gz, measurement, newUid, post, tar } from './archive.ts';
import { replayFixture } from './fixture.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());
const program = bundle(new URL('../../../src/fastpath/main.ts', import.meta.url));

function run(t: Test, args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [program, 'replay', ...args], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const output = { text: '' };
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text;
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child, output, ended };
}

type Running = ReturnType<typeof run>;

/** Waits for what a replay does; one that ended before it did fails the test, with its output. */
async function until({ child, output }: Running, happened: () => boolean | Promise<boolean>) {
  while (!(await happened())) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the replay ended too early:\n${output.text}`);
    await sleep(20);
  }
}

/** Measurements per second: what is to be stopped takes half a minute, and its first rows come after five seconds. */
const SLOWLY = '4';
const OBJECTS = 60;
const PER_OBJECT = 2;

/** A folder of small postcans. */
async function archive(dir: string): Promise<void> {
  for (let index = 0; index < OBJECTS; index++) {
    const members = Array.from({ length: PER_OBJECT }, () => [
      `${newUid()}.post`,
      post(measurement()),
    ]);
    writeFileSync(
      join(dir, `2021081715_IT_ndt.n0.${index}.tar.gz`),
      gz(await tar(Object.fromEntries(members))),
    );
  }
}

const doneIn = (resume: string) =>
  existsSync(resume)
    ? readFileSync(resume, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{"object"')).length
    : 0;

t.test('killed in the middle, and gone on with', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  await archive(dir);
  const resume = join(dir, 'resume');
  const args = ['--config', fixture.config, '--resume', resume, dir];
  const first = run(t, ['--rate', SLOWLY, ...args]);
  await until(first, () => doneIn(resume) > 0);
  first.child.kill('SIGKILL');
  await first.ended;
  const done = doneIn(resume);
  t.ok(done > 0 && done < OBJECTS, `${done} objects done`);
  const stored = (await fixture.rows()).length;
  t.ok(stored >= done * PER_OBJECT, 'what is written down is stored');

  const second = run(t, args);
  t.equal(await second.ended, 0, second.output.text);
  t.equal((await fixture.rows()).length, OBJECTS * PER_OBJECT);
  t.match(
    second.output.text,
    `replay done measurements=${(OBJECTS - done) * PER_OBJECT} `,
    'and is not done again',
  );
  const third = run(t, args);
  t.equal(await third.ended, 0);
  t.match(third.output.text, 'replay done measurements=0 ');
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  t.test(`${signal}: ends after the objects that are being read`, async (t) => {
    const fixture = await replayFixture(t, server);
    const dir = t.testdir();
    await archive(dir);
    const resume = join(dir, 'resume');
    const replay = run(t, [
      ...['--config', fixture.config, '--resume', resume, '--rate', SLOWLY, dir],
    ]);
    const { child, output, ended } = replay;
    await until(replay, async () => (await fixture.rows()).length > 0);
    child.kill(signal);
    t.equal(await ended, code);
    t.match(output.text, /replay stopped before its end/);
    const stored = (await fixture.rows()).length;
    t.ok(stored < OBJECTS * PER_OBJECT);
    t.equal(
      doneIn(resume) * PER_OBJECT,
      stored,
      'each object is either whole and done, or not begun',
    );
  });

t.test('ClickHouse goes and comes back: nothing is missing', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  await archive(dir);
  const replay = run(t, ['--config', fixture.config, '--rate', '6', dir]);
  const { ended, output } = replay;
  await until(replay, async () => (await fixture.rows()).length > 0);
  await server.kill();
  await until(replay, () => output.text.includes('cannot write to ClickHouse'));
  t.match(output.text, /the replay waits, and goes on from here/);
  await server.start();
  t.equal(await ended, 0);
  t.match(output.text, /ClickHouse takes rows again/);
  t.equal((await fixture.rows()).length, OBJECTS * PER_OBJECT);
});

t.test('a second signal ends it at once, even while ClickHouse is away', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir();
  await archive(dir);
  const replay = run(t, ['--config', fixture.config, '--rate', SLOWLY, dir]);
  const { child, ended, output } = replay;
  await until(replay, async () => (await fixture.rows()).length > 0);
  await server.kill();
  t.teardown(() => server.start());
  await until(replay, () => output.text.includes('cannot write to ClickHouse'));
  child.kill('SIGINT');
  await until(replay, () => output.text.includes('a second signal stops at once'));
  child.kill('SIGINT');
  t.equal(await ended, 130);
  t.match(output.text, /replay ended before its end/);
});

t.test('ClickHouse or the bucket out of reach: 69, and what to do', async (t) => {
  const dir = t.testdir({ [`${newUid()}.post`]: post(measurement()) });
  const away = `http://127.0.0.1:${await freePort()}`;
  const config = join(dir, 'fastpath.toml');
  writeFileSync(
    config,
    `[clickhouse]\nurl = "${away}"\n[s3]\nbucket = "bucket"\nendpoint = "${away}"\nmax_attempts = 1\npath_style = true\ncredentials_file = "${dir}/s3"\n`,
  );
  writeFileSync(join(dir, 's3'), 'access_key_id=a\nsecret_access_key=b\n', { mode: 0o600 });
  const noServer = run(t, ['--config', config, dir]);
  t.equal(await noServer.ended, 69);
  t.match(
    noServer.output.text,
    /cannot read fingerprints from ClickHouse at .*: check that .*ECONNREFUSED/,
  );
  const noBucket = run(t, [
    ...['--config', config, '--since', '2026-08-21', '--until', '2026-08-22', '--dry-run'],
  ]);
  t.equal(await noBucket.ended, 69);
  t.match(
    noBucket.output.text,
    /cannot list raw\/20260821\/ in s3:\/\/bucket: check .*ECONNREFUSED/,
  );
});

t.test('the command line', async (t) => {
  const dir = t.testdir({ 'fastpath.toml': '', sub: { [`${newUid()}.post`]: '' } });
  const [italian, french, german] = ['IT', 'FR', 'DE'].map((cc) => {
    const file = join(dir, `2021081715_${cc}_ndt.n0.0.tar.gz`);
    writeFileSync(file, '');
    return file;
  });
  const listed = async (...args: string[]) => {
    const { ended, output } = run(t, [
      '--config',
      join(dir, 'fastpath.toml'),
      '--dry-run',
      ...args,
    ]);
    t.equal(await ended, 0, output.text);
    return output.text.match(/\S+\.(?:gz|post)$/gm) ?? [];
  };
  t.strictSame(await listed(italian!, french!), [italian, french], 'several files');
  t.equal((await listed(dir)).length, 4);
  t.strictSame(await listed('--country', 'FR', dir, '--country', 'DE'), [german, french]);
  t.strictSame(await listed('--country', 'FR,DE', '--test=ndt', dir), [german, french]);
  t.strictSame(
    await listed(
      ...['--since', '2000-01-01', '--since', '2021-08-17T15'],
      ...['--until', '2021-08-17T16', italian!],
    ),
    [italian],
  );
});
