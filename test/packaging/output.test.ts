/**
 * What a command prints may have a reader that leaves early, or a disk that is full.
 *
 * Covers src/program/output.ts.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bundle } from '../support/bundle.ts';

const dir = t.testdir();
const spool = join(dir, 'spool');
for (const folder of ['incoming', 'pending', 'outgoing', 'quarantine', 'seen'])
  mkdirSync(join(spool, folder), { recursive: true });
const config = (name: string, lines: readonly string[]) => {
  const file = join(dir, `${name}.toml`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
};
const bucket = `[s3]\nbucket = "file://${dir}/archive"`;
const own = [`spool_dir = "${spool}"`, bucket];
const api = config('api', ['collector_id = "1"', 'base_url = "https://a.example"', ...own]);
const fastpath = config('fastpath', [own[0]!]);
const uploader = config('uploader', [
  'collector_id = "1"',
  `state_dir = "${dir}/state"`,
  `log_key_file = "${dir}/log.key"`,
  ...own,
]);

const COMMANDS: readonly (readonly [program: string, ...words: string[]])[] = [
  // First: it makes the key that the others want.
  ['uploader', 'keygen', '--config', uploader],
  ['api', '--help'],
  ['api', '--config', api, '--check-config'],
  ['fastpath', '--config', fastpath, '--check-config'],
  ['uploader', 'status', '--config', uploader],
  ['uploader', 'run', '--dry-run', '--config', uploader],
];

type Run = { code: number | null; errors: string };

/** Runs a command whose output goes where `stdout` says; `closed`: a pipe that nobody reads any more. */
function run(words: readonly string[], stdout: 'closed' | number): Promise<Run> {
  const [program, ...rest] = words;
  const child = spawn(
    process.execPath,
    [bundle(new URL(`../../src/${program}/main.ts`, import.meta.url)), ...rest],
    {
      stdio: ['ignore', stdout === 'closed' ? 'pipe' : stdout, 'pipe'],
    },
  );
  // Long before the program has started.
  child.stdout?.destroy();
  let errors = '';
  child.stderr!.on('data', (chunk) => {
    errors += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, errors })));
}

for (const words of COMMANDS)
  t.test(`ooni-${words.join(' ').replaceAll(dir, '')}`, async (t) => {
    t.strictSame(await run(words, 'closed'), { code: 0, errors: '' }, 'a reader that has left');
  });

t.test('a full disk is not success', async (t) => {
  const { code, errors } = await run(
    ['uploader', 'status', '--config', uploader],
    openSync('/dev/full', 'w'),
  );
  t.equal(code, 74);
  t.match(errors, /^ooni-uploader: cannot write to standard output: .*ENOSPC/);
  t.notMatch(errors, /\n.*\n/, 'one line, no stack');
});
