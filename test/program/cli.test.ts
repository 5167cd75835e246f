/**
 * What the command lines of the programs have in common, run as processes.
 *
 * Covers src/uploader/commands/{uploaderArguments, uploaderCommands}.ts, src/program/version.ts.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { replayOptions } from '../../src/fastpath/replay/replayArguments.ts';
import { commandLine, withConfig } from '../../src/program/cli.ts';
import { bundle } from '../support/bundle.ts';

function run(program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bundle(new URL(`../../src/${program}/main.ts`, import.meta.url)), ...words],
    { encoding: 'utf8' },
  );
  return { code: status, stdout, stderr };
}

const UID = '20261124101503.123456_IT_webconnectivity_0f3c9b7a5d2e4418';

t.test('a wrong argument is told, with exit code 64', async (t) => {
  const cases: [program: string, words: string[], error: RegExp][] = [
    ['api', ['--show'], /^ooni-api: --show: only with --check-config$/m],
    ['uploader', ['--hour', 'x'], /^ooni-uploader: --hour: expected YYYYMMDDHH$/m],
    ['fastpath', ['--no-such-option'], /^ooni-fastpath: Unknown argument/m],
  ];
  for (const [program, words, error] of cases) {
    const { code, stderr } = run(program, ...words);
    t.equal(code, 64, `${program} ${words.join(' ')}`);
    t.match(stderr, error);
    t.notMatch(stderr, /^ {4}at /m, 'without a stack');
  }
});

t.test('--check-config only checks, whatever the command', async (t) => {
  const dir = t.testdir({
    'uploader.toml': '[s3]\nbucket = "archive"\n',
    'uploader.toml.d': { 'local.toml': 'collector_id = "7"\n' },
  });
  const config = ['--config', join(dir, 'uploader.toml'), '--check-config'];
  const key = join(dir, 'key');
  const files = `${dir}/uploader.toml: good\n${dir}/uploader.toml.d/local.toml: good\n`;
  for (const command of [
    ['run'],
    ['status'],
    ['verify'],
    ['reindex'],
    ['keygen', '--file', key],
    ['remove', UID, '--reason', 'r'],
  ]) {
    const { code, stdout } = run('uploader', ...command, ...config);
    t.equal(code, 0, command.join(' '));
    t.equal(stdout, files);
  }
  t.notOk(existsSync(key), 'no key was made');
  const shown = run('uploader', 'status', ...config, '--show');
  t.match(shown.stdout, /^collector_id = "7" +# .*\/uploader\.toml\.d\/local\.toml$/m);
});

t.test('of several arguments all count, of an option that comes twice the last', async (t) => {
  let parsed: Record<string, unknown> = {};
  await commandLine('x', 'test')
    .option('config', { type: 'string' })
    .command(
      'remove [uid..]',
      'test',
      (cli) =>
        cli
          .positional('uid', { type: 'string', array: true })
          .option('dry-run', { type: 'boolean' })
          .option('since', { type: 'string', coerce: (day: string) => `${day}.` }),
      (args) => {
        parsed = args;
      },
    )
    .parseAsync(
      'remove a b c --config one --config two --dry-run --dry-run --since 1 --since 2'.split(' '),
    );
  t.match(parsed, { uid: ['a', 'b', 'c'], config: 'two', dryRun: true, since: '2.' });
});

t.test('lists of a replay may be given in one argument, or in several', async (t) => {
  let parsed: Record<string, unknown> = {};
  await withConfig(commandLine('x', 'test'), '/none')
    .command('replay [files..]', 'test', replayOptions, (args) => {
      parsed = args;
    })
    .parseAsync('replay a b --country IT --country FR,DE c --since 1 --since 2'.split(' '));
  t.match(parsed, { files: ['a', 'b', 'c'], country: 'IT,FR,DE', since: '2' });
  t.equal(parsed.test, undefined);
});

t.test('a replay takes a set of fingerprints by its hash', async (t) => {
  let parsed: Record<string, unknown> = {};
  await withConfig(commandLine('x', 'test'), '/none')
    .command('replay [files..]', 'test', replayOptions, (args) => {
      parsed = args;
    })
    .exitProcess(false)
    .parseAsync('replay a --fingerprints 5a'.split(' '));
  t.equal(parsed.fingerprints, '5a', 'a hash stays a text');
});
