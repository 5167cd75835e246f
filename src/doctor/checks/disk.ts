/** The spool: its folders, their owners and modes, and what is left of the disks below /var/lib/ooni. */
import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, fault, ok, page, unseen } from '../finding.ts';
import { look, run, type Stat } from '../host.ts';
import { number, type Settings, text } from '../settings.ts';
import type { Program } from './config.ts';

/** As systemd/tmpfiles.d/ooni-common.conf makes them. */
export const FOLDERS: Readonly<Record<string, { readonly mode: number; readonly owner: string }>> =
  {
    '': { mode: 0o2750, owner: 'root' },
    incoming: { mode: 0o2770, owner: 'ooni-api' },
    pending: { mode: 0o2770, owner: 'ooni-fastpath' },
    outgoing: { mode: 0o2750, owner: 'ooni-uploader' },
    quarantine: { mode: 0o2770, owner: 'root' },
    seen: { mode: 0o2750, owner: 'ooni-api' },
  };

const MAKE = 'systemd-tmpfiles --create ooni-common.conf';

/** `found`: by the names above. `ids`: of users, by name. */
export function judgeFolders(
  spool: string,
  found: ReadonlyMap<string, Stat>,
  ids: ReadonlyMap<string, number>,
): Finding {
  for (const [name, { mode, owner }] of Object.entries(FOLDERS)) {
    const path = join(spool, name);
    const stat = found.get(name)!;
    if (stat.kind === 'missing') return fault(`spool: ${path} is missing`, MAKE);
    if (stat.kind === 'denied')
      return unseen(`spool: ${path}`, 'run ooni-doctor as root, or as a member of group ooni');
    if (!stat.stats.isDirectory())
      return fault(`spool: ${path} is no folder`, `move it away, then ${MAKE}`);
    const uid = ids.get(owner);
    if ((stat.stats.mode & 0o7777) !== mode || (uid !== undefined && stat.stats.uid !== uid))
      return fault(`spool: ${path} has not owner ${owner} and mode ${mode.toString(8)}`, MAKE);
  }
  return ok(`spool: the folders of ${spool} have their owners and modes`);
}

export interface Room {
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** Some file systems count none. */
  readonly hasInodes: boolean;
}

/** `least`: below it `consequence` holds. Twice as much is said beforehand. */
export function judgeRoom(
  path: string,
  { freeBytes, freeInodes, hasInodes }: Room,
  least: { readonly bytes: number; readonly inodes: number },
  consequence: string,
): Finding {
  const todo = page('operate', 'Disk fills up');
  const left = `${Math.floor(freeBytes / 1_048_576)} MiB${hasInodes ? ` and ${freeInodes} inodes` : ''}`;
  const share = Math.min(
    freeBytes / Math.max(1, least.bytes),
    hasInodes ? freeInodes / Math.max(1, least.inodes) : Number.POSITIVE_INFINITY,
  );
  if (share < 1) return fault(`disk of ${path}: ${left} are left, ${consequence}`, todo);
  if (share < 2) return fault(`disk of ${path}: ${left} are left, soon ${consequence}`, todo);
  return ok(`disk of ${path}: ${left} are left`);
}

export async function checkDisk(settings: ReadonlyMap<Program, Settings>): Promise<Finding[]> {
  const api = settings.get('ooni-api');
  const spool = text(api ?? settings.get('ooni-fastpath'), 'spool_dir') ?? '/var/lib/ooni/spool';
  const found = new Map(Object.keys(FOLDERS).map((name) => [name, look(join(spool, name))]));
  const ids = new Map<string, number>();
  for (const { owner } of Object.values(FOLDERS)) {
    const { code, out } = await run('id', '-u', owner);
    if (code === 0) ids.set(owner, Number(out));
  }
  const least = {
    bytes: number(api, 'min_free_bytes') ?? 0,
    inodes: number(api, 'min_free_inodes') ?? 0,
  };
  const archive = text(settings.get('ooni-uploader'), 's3.bucket')?.replace(/^file:\/\//, '');
  return [
    judgeFolders(spool, found, ids),
    roomOf(spool, least, 'submissions get 503'),
    ...(archive?.startsWith('/') ? [roomOf(archive, least, 'nothing can be published')] : []),
  ];
}

function roomOf(
  path: string,
  least: Parameters<typeof judgeRoom>[2],
  consequence: string,
): Finding {
  try {
    const { bavail, bsize, ffree, files } = statfsSync(path);
    const room = { freeBytes: bavail * bsize, freeInodes: ffree, hasInodes: files > 0 };
    return judgeRoom(path, room, least, consequence);
  } catch (error) {
    return unseen(`disk of ${path}`, `look at it: ${(error as Error).message}`);
  }
}
