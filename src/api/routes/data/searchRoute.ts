/** GET /api/v1/measurements (protocol, data 4.1). */
import { Readable } from 'node:stream';
import { readMeasurementSearch } from '../../../core/endpoints/measurements/measurementSearch.ts';
import {
  makePageEnd,
  OKHTTP_ANSWER,
  searchMetadata,
  searchResult,
} from '../../../core/endpoints/measurements/searchAnswer.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import { sendError, sendIssues, sendJson, sendJsonText } from '../../../edge/http/errorAnswers.ts';
import { clientGone, QueryError } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { Searches } from './searchRows.ts';

export interface SearchRouteParts {
  readonly searches: Searches;
  /** Without slash at the end. */
  readonly baseUrl: string;
  readonly nowMs: () => number;
}

/** An answer up to this size is sent whole, with errors as errors; a larger one as it comes. */
const WHOLE_ANSWER_BYTES = 4_194_304;

const MAX_AGE_SECONDS = 60;
const STALE_SECONDS = 30;

export function searchRoute({ searches, baseUrl, nowMs }: SearchRouteParts): RouteFamily {
  return (router) => {
    router.get('/api/v1/measurements', async (ctx) => {
      const startMs = performance.now();
      const check = readMeasurementSearch(new URLSearchParams(ctx.querystring), nowMs());
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      if (ctx.get('User-Agent').startsWith('okhttp')) return sendJson(ctx, OKHTTP_ANSWER);
      if (check.kind === 'refused') return sendError(ctx, 400, check.detail);
      const { search } = check;

      const end = makePageEnd(search);
      let isBegun = false;
      async function* results(): AsyncGenerator<string> {
        for await (const batch of searches.rows(search, clientGone(ctx))) {
          let text = '';
          for (const row of batch) {
            text += `${end.rows === 0 ? '{"results":[' : ','}${searchResult(row, baseUrl)}`;
            end.add(row);
          }
          yield text;
        }
      }
      async function* pieces(): AsyncGenerator<string> {
        let isCut = false;
        try {
          yield* results();
        } catch (error) {
          // Too late for a status. What was sent is right: the page ends here, and `next_url` goes on from it.
          if (!isBegun || end.rows === 0 || !isOfLimits(error)) throw error;
          isCut = true;
        }
        const time = performance.now() - startMs;
        // After the results: the count is known only now.
        const metadata = searchMetadata(search, end, time, baseUrl, ctx.querystring, isCut);
        yield `${end.rows === 0 ? '{"results":[' : ''}],"metadata":${JSON.stringify(metadata)}}`;
      }

      const source = pieces();
      const head: Buffer[] = [];
      let headBytes = 0;
      let ended = false;
      while (headBytes < WHOLE_ANSWER_BYTES) {
        const { value, done } = await source.next();
        if (done) {
          ended = true;
          break;
        }
        const bytes = Buffer.from(value);
        head.push(bytes);
        headBytes += bytes.length;
      }
      // What found nothing is not told for longer: it may be there the next moment.
      setMaxAge(ctx, MAX_AGE_SECONDS, ended && end.rows === 0 ? 0 : STALE_SECONDS);
      if (ended) return sendJsonText(ctx, Buffer.concat(head));
      isBegun = true;
      ctx.set('Content-Type', 'application/json');
      if (ctx.method === 'HEAD') {
        await source.return(undefined);
        ctx.status = 200;
        return;
      }
      ctx.body = Readable.from(concat(head, source), { objectMode: false });
    });
  };
}

/** Of the time, the memory or the rows that a query may take, or of the server's own: no fault of what came before. */
function isOfLimits(error: unknown): boolean {
  return error instanceof QueryError && ['timeout', 'too_much', 'busy'].includes(error.reason);
}

async function* concat(
  head: readonly Buffer[],
  rest: AsyncGenerator<string>,
): AsyncGenerator<Buffer | string> {
  yield* head;
  yield* rest;
}
