/** Errors of the system, as the native module tells them by number. */
import { getSystemErrorMap } from 'node:util';

/** As Node's own functions throw it. `errno`: of errno(3), positive. */
export function systemError(errno: number, syscall: string, path: string): NodeJS.ErrnoException {
  const [code, text] = getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error'];
  const message = `${code}: ${text}, ${syscall} '${path}'`;
  return Object.assign(new Error(message), { errno: -errno, code, syscall, path });
}
