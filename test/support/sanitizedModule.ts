/** The native module under the compiler's checks of memory and of undefined behaviour, and processes that load it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

/** What finds faults of memory; a compiler without it leaves the tests what they are without it. */
const RUNTIME = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const CHECKS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/**
 * Runs a program of the tests as a process, with the module as its first argument and a folder that is its own as the
 * second. A fault that is found ends it, and is told on its stderr. `flags`: of the compiler, beside those of the checks.
 */
export function runSanitized(program: URL, flags: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'ooni-sanitized-'));
  try {
    const module = join(folder, 'checked.node');
    const checks = existsSync(RUNTIME) ? CHECKS : [];
    execFileSync('sh', ['scripts/native.sh', module, ...checks, ...flags], { stdio: 'inherit' });
    const own = join(folder, 'own');
    mkdirSync(own);
    return runWithChecks(program, [module, own]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function runWithChecks(program: URL, given: readonly string[]) {
  return spawnSync(process.execPath, [bundle(program), ...given], {
    encoding: 'utf8',
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      // What node itself does not give back is not looked at.
      ...(existsSync(RUNTIME) ? { LD_PRELOAD: RUNTIME, ASAN_OPTIONS: 'detect_leaks=0' } : {}),
    },
  });
}
