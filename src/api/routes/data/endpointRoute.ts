/** The one route behind all endpoints that are values (src/core/endpoints). */
import type { Context } from 'koa';
import type { Answer, AnyEndpoint } from '../../../core/endpoints/endpoint.ts';
import { hasLongList, jsonPieces, ROWS_OF_PIECE } from '../../../core/json/pieces.ts';
import { csvPieces, csvText } from '../../../core/text/csv.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import { tagAnswer } from '../../../edge/http/entityTag.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import { sendPieces } from '../../../edge/http/pieces.ts';
import type { EndpointReads } from '../../endpointReads.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface EndpointRouteParts {
  readonly endpoints: readonly AnyEndpoint[];
  readonly reads: EndpointReads;
}

export function endpointRoutes({ endpoints, reads }: EndpointRouteParts): RouteFamily {
  return (router) => {
    for (const endpoint of endpoints)
      router.get(endpoint.path, async (ctx) => {
        const outcome = await reads.ask(ctx, endpoint, ctx.querystring);
        switch (outcome.kind) {
          case 'invalid':
            return sendIssues(ctx, outcome.issues);
          case 'refused':
            return sendError(ctx, outcome.status, outcome.detail);
          case 'answer':
            return send(ctx, outcome.answer, endpoint.cacheSeconds);
          case 'busy':
            return;
        }
      });
  };
}

/** And not a moment longer, whether we can be reached then or not. */
const ABSENT_SECONDS = 60;
/** Statistics that are slow to make. */
const TAGGED_FROM_SECONDS = 3_600;

function send(ctx: Context, answer: Answer, cacheSeconds: number): void {
  if (answer.kind === 'not_found') {
    sendError(ctx, 404, answer.detail);
    return;
  }
  const seconds = answer.cacheSeconds ?? cacheSeconds;
  if (answer.isFault) ctx.set('Cache-Control', 'no-cache');
  else if (answer.isAbsent) setMaxAge(ctx, Math.min(seconds, ABSENT_SECONDS));
  else setMaxAge(ctx, seconds, seconds / 2);
  if (answer.fileName !== undefined)
    ctx.set('Content-Disposition', `attachment; filename=${answer.fileName}`);
  switch (answer.kind) {
    case 'json':
      // What caches keep that long has no time of its making in it.
      if (cacheSeconds >= TAGGED_FROM_SECONDS && !answer.isFault) {
        sendJson(ctx, answer.value, answer.status);
        tagAnswer(ctx);
      } else if (hasLongList(answer.value)) {
        ctx.status = answer.status ?? 200;
        ctx.set('Content-Type', 'application/json');
        sendPieces(ctx, jsonPieces(answer.value));
      } else sendJson(ctx, answer.value, answer.status);
      break;
    case 'csv':
      ctx.status = 200;
      ctx.set('Content-Type', 'text/csv; charset=utf-8');
      if (answer.rows.length > ROWS_OF_PIECE) sendPieces(ctx, csvPieces(answer.rows));
      else ctx.body = csvText(answer.rows);
  }
}
