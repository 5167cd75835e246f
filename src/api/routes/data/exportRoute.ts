/** GET /api/v1/export: rows as files, written by ClickHouse and passed on (protocol, data 4.15). */

import { CONTENT_TYPES, exportQuery, readExport } from '../../../core/endpoints/bulk/rowExport.ts';
import { onAnswerEnd } from '../../../edge/http/answerEnd.ts';
import { sendError, sendIssues, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import { dropSlowReader, type ReaderPace } from '../../../edge/http/slowReader.ts';
import { errorText, type Log } from '../../../log/log.ts';
import { clientGone, type Database, QueryError } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface ExportRouteParts {
  readonly database: Database;
  readonly timeoutMs: number;
  /** Of those who download; for tests. */
  readonly pace?: ReaderPace;
  readonly log: Log;
}

/** At once in a worker: each keeps a core of the database busy, as long as its client can take it. */
const MAX_EXPORTS = 2;
const RETRY_SECONDS = 60;
/** 70 kbit/s: who is slower had better ask for an hour at a time, of one country. */
const PACE: ReaderPace = { bytes: 262_144, withinMs: 30_000 };

export function exportRoute(parts: ExportRouteParts): RouteFamily {
  const { database, timeoutMs, pace = PACE, log } = parts;
  let running = 0;
  return (router) => {
    router.get('/api/v1/export', async (ctx) => {
      const check = readExport(new URLSearchParams(ctx.querystring));
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      if (check.kind === 'refused') return sendError(ctx, 400, check.detail);
      const { asked } = check;
      const head = () => {
        ctx.status = 200;
        ctx.set('Content-Type', CONTENT_TYPES[asked.format]);
        ctx.set('Content-Disposition', `attachment; filename=${asked.fileName}`);
        ctx.set('Cache-Control', 'no-cache');
        // nginx is to pass it on, and not to keep what may be larger than its disk.
        ctx.set('X-Accel-Buffering', 'no');
      };
      if (ctx.method === 'HEAD') return head();
      if (running >= MAX_EXPORTS)
        return sendUnavailable(ctx, 'Others are downloading: try again later', RETRY_SECONDS);
      running++;
      onAnswerEnd(ctx.res, () => running--);
      dropSlowReader(ctx.res, pace, () =>
        log.info('a download of rows was broken off: its client takes too little', {
          bytes: pace.bytes,
          within_ms: pace.withinMs,
        }),
      );
      const stream = await database.download(exportQuery(asked), timeoutMs, clientGone(ctx));
      // Koa breaks the answer off then: nobody is to take a part for the whole.
      stream.on('error', (error) => {
        if (!(error instanceof QueryError) || error.reason === 'cancelled') return;
        log.warning('a download of rows broke off', { error: errorText(error.cause) });
      });
      head();
      ctx.body = stream;
      ctx.set('Content-Type', CONTENT_TYPES[asked.format]);
    });
  };
}
