/** Errors of the disk, told from bugs, each with what an operator can do about it. */

/** The disk is not full, but what is left is kept for ooni-uploader (edge/spool/freeSpace.ts). */
const NO_ROOM = 'OONI_NO_ROOM';

const ADVICE: Readonly<Record<string, (directory: string) => string>> = {
  ENOSPC: (directory) =>
    `free disk space or inodes in ${directory} (df -h and df -i tell which). See /usr/share/doc/ooni-common/operate.md, "Disk fills up"`,
  [NO_ROOM]: (directory) =>
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
  OONI_FOREIGN: (directory) =>
    `something in ${directory} is in the way, which was not put there by this backend: see /usr/share/doc/ooni-common/security.md`,
};

/** What to do about an error of the disk that holds `directory`. */
export function diskAdvice(error: unknown, directory: string): string {
  return ADVICE[codeOf(error)]?.(directory) ?? `check ${directory} and its disk`;
}

/** Codes that no bug of ours causes: the disk is full, read-only or broken. */
const FAULTS = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EMFILE', 'ENFILE']);

/** The error, or one that caused it, that says that the disk is at fault. */
export function diskFault(error: unknown): NodeJS.ErrnoException | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (FAULTS.has(codeOf(at))) return at;
  return undefined;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | undefined)?.code ?? '';
}
