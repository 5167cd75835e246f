import { execFile } from 'node:child_process';
import t from 'tap';

// Covers .ci/steps.sh: made-up steps, by the functions that .ci/run has.
function run(script: string): Promise<{ code: number; lines: string[] }> {
  const whole = `set -uo pipefail\n. .ci/steps.sh\n${script}\nverdict`;
  return new Promise((resolve) => {
    const child = execFile('bash', ['-c', whole], (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, lines: stdout.trimEnd().split('\n') }),
    );
  });
}

/** What is said at the end of what failed; times are left out. */
function ending(lines: string[]): string[] {
  return lines
    .slice(lines.indexOf('==== what failed') + 1)
    .map((line) => line.replace(/ after \d+ s$/, ''));
}

t.test('counts are added, and nothing is said of failures where there are none', async (t) => {
  const { code, lines } = await run(`
    step one echo '3 passed, 0 failed'
    step two echo 'own sample: 4 passed, 0 failed, 0 left out'
    step three echo '# { total: 5, pass: 5 }'
    step four true`);
  t.equal(code, 0);
  t.notOk(lines.includes('==== what failed'));
  t.equal(lines.at(-1), '13 passed, 0 failed');
});

t.test(
  'a failed step is named at the end, with its failed checks and what they said',
  async (t) => {
    const { code, lines } = await run(`
    host() {
      printf '  ok    first\\n  FAIL  second\\n        | why\\n  ok    third\\n'
      printf '\\033[31m FAIL \\033[0m a.test.ts\\n\\033[31m✖\\033[0m outer\\n  diff\\n\\n2 passed, 2 failed\\n'
      return 3
    }
    step good echo '1 passed, 0 failed'
    step host host
    step later true`);
    t.equal(code, 1);
    t.strictSame(ending(lines), [
      '==== host: exit code 3',
      '    FAIL  second',
      '          | why',
      '   FAIL  a.test.ts',
      '  ✖ outer',
      '    diff',
      '4 passed, 2 failed',
    ]);
  },
);

t.test('a step that names no check shows its last lines', async (t) => {
  const { code, lines } = await run('step gone bash -c "seq 30; exit 137"');
  t.equal(code, 1);
  t.strictSame(ending(lines), [
    '==== gone: exit code 137',
    ...Array.from({ length: 20 }, (_, index) => `  ${index + 11}`),
    '0 passed, 1 failed',
  ]);
});

t.test('failures that are counted are failures, whatever the exit code', async (t) => {
  const { code, lines } = await run(`step quiet echo '1 passed, 1 failed'`);
  t.equal(code, 1);
  t.strictSame(ending(lines), [
    '==== quiet: exit code 0',
    '  1 passed, 1 failed',
    '1 passed, 1 failed',
  ]);
});

t.test('steps beside others are shown whole, counted and named', async (t) => {
  const { code, lines } = await run(`
    others() { step left bash -c 'seq 2000; exit 4'; step right echo '2 passed, 0 failed'; }
    beside others
    step main bash -c 'echo not ok 7 - main; exit 1'
    joined`);
  t.equal(code, 1);
  t.strictSame(
    lines.slice(lines.indexOf('==== left') + 1, lines.indexOf('==== left') + 2001),
    Array.from({ length: 2000 }, (_, index) => `${index + 1}`),
  );
  t.match(ending(lines), ['==== main: exit code 1', '  not ok 7 - main', '==== left: exit code 4']);
  t.equal(lines.at(-1), '2 passed, 2 failed');
});

t.test('steps beside others that end early are a failure', async (t) => {
  const { code, lines } = await run(`
    others() { echo 'the last word'; exit 9; }
    beside others
    joined`);
  t.equal(code, 1);
  t.strictSame(ending(lines), [
    '==== steps beside others ended early: exit code 9',
    '  the last word',
    '0 passed, 1 failed',
  ]);
});
