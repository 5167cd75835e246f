/** GET /api/v1/files: what there is in the bucket, so that nobody has to crawl it (protocol, data 4.5). */

import { linesKeyOf } from '../../../core/archive/names.ts';
import {
  type FileList,
  fileResult,
  filesNextUrl,
  isAskedFile,
  type ListedFile,
  readFileList,
} from '../../../core/endpoints/bulk/fileList.ts';
import { type LoggedObject, loggedObjectsQuery } from '../../../core/sql/archiveLog.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { ObjectStore } from '../../../edge/objects/store.ts';
import { errorText, type Log } from '../../../log/log.ts';
import { clientGone, type Database } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface FileListRouteParts {
  readonly objects: ObjectStore;
  readonly database: Database;
  /** Without slash at the end. */
  readonly baseUrl: string;
  readonly log: Log;
}

const MAX_FILES = 1_000;
/** Keys that are looked at for an answer: twenty pages of a listing. */
const MAX_KEYS = 20_000;
const MAX_AGE_SECONDS = 60;
const RETRY_SECONDS = 30;

export function fileListRoute(parts: FileListRouteParts): RouteFamily {
  const { objects, database, baseUrl, log } = parts;
  return (router) => {
    router.get('/api/v1/files', async (ctx) => {
      const check = readFileList(new URLSearchParams(ctx.querystring));
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      if (check.kind === 'refused') return sendError(ctx, 400, check.detail);
      const signal = clientGone(ctx);
      let page: Page;
      try {
        page = await listPage(objects, check.asked, signal);
      } catch (error) {
        log.warning('cannot list the archive: check the bucket', { error: errorText(error) });
        return sendUnavailable(ctx, 'The archive cannot be listed at the moment', RETRY_SECONDS);
      }
      const { files, after } = page;
      const keys = [...new Set(files.map(({ key }) => linesKeyOf(key)))];
      const logged =
        keys.length === 0
          ? []
          : await database.rows<LoggedObject>(loggedObjectsQuery(keys), signal);
      const byKey = new Map(logged.map((object) => [object.s3path, object]));
      setMaxAge(ctx, MAX_AGE_SECONDS);
      sendJson(ctx, {
        metadata: {
          // A folder's path is the host's own affair.
          bucket: objects.name.startsWith('s3://') ? objects.name : null,
          next_url: after === undefined ? null : filesNextUrl(baseUrl, ctx.querystring, after),
        },
        files: files.map((file) => fileResult(file, byKey.get(linesKeyOf(file.key)))),
      });
    });
  };
}

interface Page {
  readonly files: readonly ListedFile[];
  /** Where there may be more: the last key that was looked at. */
  readonly after: string | undefined;
}

async function listPage(objects: ObjectStore, asked: FileList, signal: AbortSignal): Promise<Page> {
  const files: ListedFile[] = [];
  let looked = 0;
  for (const prefix of asked.prefixes)
    for await (const file of objects.list(prefix)) {
      if (signal.aborted) return { files: [], after: undefined };
      if (isAskedFile(file.key, asked)) files.push(file);
      // Keys before the page come again at each page of an hour: they are not counted.
      if (file.key > asked.after) looked++;
      if (files.length === MAX_FILES || looked === MAX_KEYS) return { files, after: file.key };
    }
  return { files, after: undefined };
}
