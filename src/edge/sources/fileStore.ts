/**
 * A content that is one file of the folder of sources. `<file>` is in use, `<file>.former` was before,
 * `<file>.json` and `<file>.former.json` say which versions they are. Written beside and renamed: a
 * reader sees the one or the other.
 */
import { createHash } from 'node:crypto';
import { copyFile, lstat, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Store } from '../../core/sources/store.ts';
import { parseVersion, type Version, versionText } from '../../core/sources/version.ts';
import { syncFolder, writeDurably } from '../../disk/durable.ts';
import { isMissing } from '../../disk/missing.ts';

const LEFTOVER_AFTER_MS = 3_600_000;

/** `check` throws for bytes that must not be put in place. */
export function openFileStore(
  folder: string,
  name: string,
  check: (bytes: Uint8Array) => void,
): Store {
  const live = join(folder, name);
  const former = `${live}.former`;
  const mode = 0o644;

  const versionOf = async (file: string): Promise<Version | undefined> => {
    const [text, bytes] = await Promise.all([readOr(`${file}.json`), readOr(file)]);
    if (text === undefined || bytes === undefined) return undefined;
    const version = parseVersion(text.toString());
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return version?.sha256 === sha256 ? version : undefined;
  };

  /** Of runs that were killed; one that goes on writes to a younger one. */
  const takeAwayLeftovers = async () => {
    const oldest = Date.now() - LEFTOVER_AFTER_MS;
    for (const left of await readdir(folder)) {
      if (!left.startsWith(`${name}.`) || !left.endsWith('.tmp')) continue;
      // Whoever writes it may have renamed it by now.
      const status = await lstat(join(folder, left)).catch(() => undefined);
      if (status !== undefined && status.mtimeMs < oldest)
        await rm(join(folder, left), { force: true });
    }
  };

  const put = async (file: string, bytes: Uint8Array, version: Version) => {
    await takeAwayLeftovers();
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      const handle = await open(temporary, 'w', mode);
      try {
        await handle.chmod(mode);
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, file);
    } catch (error) {
      // On a full disk what is left of it would be the rest of the room.
      await rm(temporary, { force: true });
      throw error;
    }
    // After the file: the version of another one is told from it by its hash.
    await writeDurably(`${file}.json`, `${versionText(version)}\n`, { folderToo: false, mode });
    await syncFolder(folder);
  };

  return {
    current: () => versionOf(live),
    former: () => versionOf(former),
    held: async () => new Map(),

    async replace(_content, files, version) {
      const [file] = files;
      check(file!.bytes);
      const now = await versionOf(live);
      // Another run may have put the same in place meanwhile: it would become its own former content.
      if (now?.sha256 === version.sha256) return;
      if (now !== undefined) {
        await copyFile(live, `${former}.tmp`);
        await rename(`${former}.tmp`, former);
        await copyFile(`${live}.json`, `${former}.json`);
      }
      await put(live, file!.bytes, version);
    },

    async back() {
      const [now, before] = [await versionOf(live), await versionOf(former)];
      const [nowBytes, beforeBytes] = [await readOr(live), await readOr(former)];
      if (before === undefined || beforeBytes === undefined) throw new Error(`no ${former}`);
      await put(live, beforeBytes, before);
      if (now !== undefined && nowBytes !== undefined) await put(former, nowBytes, now);
    },
  };
}

async function readOr(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}
