/** The files of the archive as the bucket lists them, with what the logs know of them (protocol, data 4.5). */
import { linesKeyOf } from '../core/archive/names.ts';
import { type FileList, isAskedFile, type ListedFile } from '../core/endpoints/bulk/fileList.ts';
import { type LoggedObject, loggedObjectsQuery } from '../core/sql/archiveLog.ts';
import type { ObjectStore } from '../edge/objects/store.ts';
import { errorText, type Log } from '../log/log.ts';
import type { Database } from './database.ts';

export interface ArchiveFile extends ListedFile {
  /** Of its can's lines; undefined where no log covers them. */
  readonly logged: LoggedObject | undefined;
}

export type ArchiveFilesPage =
  | {
      readonly kind: 'ok';
      readonly files: readonly ArchiveFile[];
      /** Where there may be more: the last key that was looked at. */
      readonly after: string | undefined;
    }
  /** The bucket cannot be listed now, which is logged. */
  | { readonly kind: 'unavailable' };

export interface ArchiveFiles {
  /** `s3://bucket`; null where it is a folder, whose path is the host's own affair. */
  readonly bucket: string | null;
  /** Throws QueryError. */
  page(asked: FileList, maxFiles: number, signal: AbortSignal): Promise<ArchiveFilesPage>;
}

/** Keys that are looked at for a page: twenty pages of a listing. */
const MAX_KEYS = 20_000;

export function openArchiveFiles(parts: {
  readonly objects: ObjectStore;
  readonly database: Database;
  readonly log: Log;
}): ArchiveFiles {
  const { objects, database, log } = parts;
  return {
    bucket: objects.name.startsWith('s3://') ? objects.name : null,
    async page(asked, maxFiles, signal) {
      let listed: Listed;
      try {
        listed = await list(objects, asked, maxFiles, signal);
      } catch (error) {
        log.warning('cannot list the archive: check the bucket', { error: errorText(error) });
        return { kind: 'unavailable' };
      }
      const { files, after } = listed;
      const keys = [...new Set(files.map(({ key }) => linesKeyOf(key)))];
      const logged =
        keys.length === 0
          ? []
          : await database.rows<LoggedObject>(loggedObjectsQuery(keys), signal);
      const byKey = new Map(logged.map((object) => [object.s3path, object]));
      return {
        kind: 'ok',
        files: files.map((file) => ({ ...file, logged: byKey.get(linesKeyOf(file.key)) })),
        after,
      };
    },
  };
}

interface Listed {
  readonly files: readonly ListedFile[];
  readonly after: string | undefined;
}

async function list(
  objects: ObjectStore,
  asked: FileList,
  maxFiles: number,
  signal: AbortSignal,
): Promise<Listed> {
  const files: ListedFile[] = [];
  let looked = 0;
  for (const prefix of asked.prefixes)
    for await (const file of objects.list(prefix)) {
      if (signal.aborted) return { files: [], after: undefined };
      if (isAskedFile(file.key, asked)) files.push(file);
      // Keys before the page come again at each page of an hour: they are not counted.
      if (file.key > asked.after) looked++;
      if (files.length === maxFiles || looked === MAX_KEYS) return { files, after: file.key };
    }
  return { files, after: undefined };
}
