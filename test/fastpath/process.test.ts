/**
 * ooni-fastpath as a process: start, stop, and what it says when it cannot.
 *
 * Covers src/fastpath/commands/serve.ts, src/program/{metricsServer, openProgramSpool}.ts.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { bundle } from '../support/bundle.ts';
import { freePort } from '../support/ports.ts';

const program = bundle(new URL('../../src/fastpath/main.ts', import.meta.url));

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { child: child as ChildProcess, output, ended };
}

async function config(t: Test, extra = '') {
  const dir = mkdtempSync(join(tmpdir(), 'ooni-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'fastpath.toml');
  writeFileSync(
    file,
    `spool_dir = "${dir}/spool"\nsocket = "${dir}/s"\nmetrics_listen = "127.0.0.1:${await freePort()}"\nworkers = 1\n${extra}[clickhouse]\nurl = "http://127.0.0.1:${await freePort()}"\n`,
  );
  return file;
}

t.test('--help and --version', async (t) => {
  const help = run(['--help']);
  t.equal(await help.ended, 0);
  t.match(help.output.stdout, /ooni-fastpath score/);
  const version = run(['--version']);
  t.equal(await version.ended, 0);
  t.match(version.output.stdout, /^\S+\n$/);
});

/** Asks the daemon of a config. */
function asker(file: string) {
  const address = /metrics_listen = "([^"]+)"/.exec(readFileSync(file, 'utf8'))![1];
  return async (path: string) => {
    const answer = await fetch(`http://${address}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
}

t.test('stopped as soon as anything answers, it ends cleanly', async (t) => {
  const file = await config(t);
  const { child, ended, output } = run(['--config', file]);
  t.teardown(() => child.kill('SIGKILL'));
  const ask = asker(file);
  while ((await ask('/version').catch(() => undefined)) === undefined) await sleep(1);
  child.kill('SIGTERM');
  t.equal(await ended, 0);
  t.match(output.stderr, /ooni-fastpath stopped/);
});

t.test('health and version, beside the metrics', async (t) => {
  const file = await config(t);
  const { child, ended } = run(['--config', file]);
  t.teardown(() => child.kill('SIGKILL'));
  const ask = asker(file);
  for (;;) {
    const health = await ask('/health').catch(() => undefined);
    if (health !== undefined && !health.body.includes('"starting"')) break;
    await sleep(50);
  }
  t.match(await ask('/version'), { status: 200, body: /^{"version":"\S+"}$/ });
  // There is no ClickHouse.
  t.match(await ask('/health'), { status: 503, body: /"status":"fail","errors":\["/ });
  t.match(await ask('/metrics?x=1'), { status: 200, body: /^# HELP/ });
  t.equal((await ask('/')).status, 404);
  child.kill('SIGTERM');
  t.equal(await ended, 0);
});

t.test('faults at the start are one line and an exit code', async (t) => {
  const wrong = await config(t, 'flush_rowz = 1\n');
  for (const [args, code, line] of [
    [
      ['--config', '/nonexistent.toml'],
      78,
      'ooni-fastpath: /nonexistent.toml: no such file: expected a readable TOML file',
    ],
    [
      ['--config', wrong],
      78,
      `ooni-fastpath: ${wrong}: flush_rowz: unknown key: remove it, or check its spelling`,
    ],
    [
      ['--config', wrong, '--check-config'],
      78,
      `ooni-fastpath: ${wrong}: flush_rowz: unknown key: remove it, or check its spelling`,
    ],
  ] as const) {
    const { ended, output } = run(args, { JOURNAL_STREAM: '8:1' });
    t.equal(await ended, code);
    t.equal(output.stderr, `<3>${line}\n`);
  }
  const usage = run(['--bogus']);
  t.equal(await usage.ended, 64);
  t.match(usage.output.stderr, /ooni-fastpath: Unknown argument: bogus/);
});

t.test('score says in one line why it ended', async (t) => {
  const empty = run(['score', '--fingerprints', '']);
  t.equal(await empty.ended, 64);
  t.equal(
    empty.output.stderr,
    'ooni-fastpath: --fingerprints: expected a folder, found an empty name\n',
  );
  const missing = run(['score', '--fingerprints', '/nonexistent']);
  t.equal(await missing.ended, 74);
  t.match(
    missing.output.stderr,
    /^ooni-fastpath: cannot read \/nonexistent\/fingerprints_dns.csv: ENOENT[^\n]*\n$/,
  );
  t.equal(missing.output.stderr.split('ENOENT').length, 2, 'the cause is named once');
  const full = spawnSync(
    'sh',
    ['-c', 'printf "%s\\n" a b | "$0" "$1" score > /dev/full', process.execPath, program],
    { encoding: 'utf8' },
  );
  t.equal(full.status, 74);
  t.match(full.stderr, /^ooni-fastpath: cannot write the answers: ENOSPC[^\n]*\n$/);
});

t.test('--check-config starts nothing', async (t) => {
  const { ended, output } = run(['--config', await config(t), '--check-config']);
  t.equal(await ended, 0);
  t.match(output.stdout, /: good\n$/);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} ends it cleanly, also without ClickHouse`, async (t) => {
    const { child, ended, output } = run(['--config', await config(t)]);
    while (!output.stderr.includes('ooni-fastpath started')) await sleep(20);
    child.kill(signal);
    t.equal(await ended, 0);
    t.match(output.stderr, /stopping: finishing what is in flight signal=SIG/);
    t.match(output.stderr, /ooni-fastpath stopped/);
  });
}

t.test('a spool that cannot be used is named', async (t) => {
  const file = await config(t);
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(/spool_dir = .*/, 'spool_dir = "/dev/null/spool"'),
  );
  const { ended, output } = run(['--config', file]);
  t.equal(await ended, 74);
  t.match(
    output.stderr,
    'ooni-fastpath: cannot use the spool /dev/null/spool: let this user write there: ENOTDIR',
  );
});

t.test('a second daemon is refused', async (t) => {
  const file = await config(t);
  const first = run(['--config', file]);
  while (!first.output.stderr.includes('ooni-fastpath started')) await sleep(20);
  const second = run(['--config', file]);
  t.equal(await second.ended, 69);
  t.match(
    second.output.stderr,
    /cannot listen on 127.0.0.1:\d+ for metrics: .*EADDRINUSE.*is it running already/,
  );
  first.child.kill('SIGTERM');
  t.equal(await first.ended, 0);
});
