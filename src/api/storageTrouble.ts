/** Says once in a while, not once a request, that the spool cannot be written and what to do. */
import { errorText, type Log } from '../log/log.ts';
import { type OncePer, oncePer } from '../log/oncePer.ts';

export interface StorageTrouble {
  report(what: string, directory: string, error: unknown): void;
}

const SAY_AGAIN_AFTER_MS = 10_000;

const ADVICE: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) => `free disk space in ${directory}`,
  OONI_NO_ROOM: (directory) =>
    `free disk space in ${directory}: what is left is kept for ooni-uploader. See /usr/share/doc/ooni-common/operate.md, "Disk fills up"`,
  EDQUOT: (directory) => `free disk space in ${directory}, or raise its quota`,
  EACCES: (directory) => `let this user write below ${directory}`,
  EPERM: (directory) => `let this user write below ${directory}`,
  EROFS: (directory) => `the file system of ${directory} is read-only: check the disk, remount it`,
  EIO: (directory) => `the disk of ${directory} reports errors: check it, replace it`,
  EMFILE: () => 'too many open files: raise LimitNOFILE',
  ENFILE: () => 'too many open files on this host: raise fs.file-max',
  ENOENT: (directory) => `a folder of ${directory} is missing: restart, which makes it again`,
  ENOTDIR: (directory) => `something in ${directory} is in the way of a folder: remove it`,
};

export function makeStorageTrouble(log: Log, nowMs: () => number = Date.now): StorageTrouble {
  const kinds = new Map<string, OncePer>();
  return {
    report(what, directory, error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const kind = what + code;
      const inTime = kinds.get(kind) ?? oncePer(SAY_AGAIN_AFTER_MS, nowMs);
      kinds.set(kind, inTime);
      const advice = ADVICE[code]?.(directory) ?? `check ${directory} and its disk`;
      inTime((unsaid) =>
        log.err(`${what}: ${advice}`, {
          error: errorText(error),
          suppressed: unsaid || undefined,
        }),
      );
    },
  };
}
