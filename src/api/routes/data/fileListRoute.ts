/** GET /api/v1/files: what there is in the bucket, so that nobody has to crawl it (protocol, data 4.5). */

import { fileResult, filesNextUrl, readFileList } from '../../../core/endpoints/bulk/fileList.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { ArchiveFiles } from '../../archiveFiles.ts';
import { clientGone } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface FileListRouteParts {
  readonly files: ArchiveFiles;
  /** Without slash at the end. */
  readonly baseUrl: string;
}

const MAX_FILES = 1_000;
const MAX_AGE_SECONDS = 60;
const RETRY_SECONDS = 30;

export function fileListRoute({ files, baseUrl }: FileListRouteParts): RouteFamily {
  return (router) => {
    router.get('/api/v1/files', async (ctx) => {
      const check = readFileList(new URLSearchParams(ctx.querystring));
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      if (check.kind === 'refused') return sendError(ctx, 400, check.detail);
      const page = await files.page(check.asked, MAX_FILES, clientGone(ctx));
      if (page.kind === 'unavailable')
        return sendUnavailable(ctx, 'The archive cannot be listed at the moment', RETRY_SECONDS);
      const { after } = page;
      setMaxAge(ctx, MAX_AGE_SECONDS);
      sendJson(ctx, {
        metadata: {
          bucket: files.bucket,
          next_url: after === undefined ? null : filesNextUrl(baseUrl, ctx.querystring, after),
        },
        files: page.files.map((file) => fileResult(file, file.logged)),
      });
    });
  };
}
