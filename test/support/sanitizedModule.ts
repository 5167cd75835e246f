/** The native module under the compiler's checks of memory and of undefined behaviour, and processes that load it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { bundle } from './bundle.ts';

/** What finds faults of memory; a compiler without it leaves the tests what they are without it. */
const RUNTIME = execFileSync('cc', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const CHECKS = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

/** `flags`: of the compiler, beside those of the checks. */
export function compileSanitized(module: string, flags: readonly string[] = []): void {
  const checks = existsSync(RUNTIME) ? CHECKS : [];
  execFileSync('sh', ['scripts/native.sh', module, ...checks, ...flags], { stdio: 'inherit' });
}

/** Runs a program of the tests as a process. A fault that is found ends it, and is told on its stderr. */
export function runSanitized(program: URL, given: readonly string[]) {
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
