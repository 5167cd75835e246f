/** Small JSON bodies, as probes send them that ask for something. */
import type { Context } from 'koa';
import { type ParseResult, parseBoundedJson } from '../../../core/json/parseJson.ts';
import { bodyCoding } from '../../../core/submission/contentEncoding.ts';
import { readBody, readGzipBody } from '../../../edge/http/body.ts';
import { sendError, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import { makeMemoryBudget } from '../../../edge/http/memory.ts';

export interface ProbeBodies {
  /**
   * The body, whatever its Content-Type says (protocol, probes 2.2): parsed, or why it is no JSON.
   * undefined when it could not be had; then the answer is set.
   */
  read(ctx: Context): Promise<ParseResult | undefined>;
}

/** What probes ask has some hundred bytes. */
const MAX_BODY_BYTES = 65_536;
/** Of all that come in at once, in each worker. */
const MAX_INFLIGHT_BYTES = 33_554_432;
const RETRY_AFTER_SECONDS = 5;

export function makeProbeBodies(minBytesPerSecond: number): ProbeBodies {
  const memory = makeMemoryBudget(MAX_INFLIGHT_BYTES);
  return {
    async read(ctx) {
      const coding = bodyCoding(ctx.req.headers['content-encoding']);
      if (coding === undefined || coding === 'zstd') {
        ctx.set('Accept-Encoding', 'gzip');
        sendError(ctx, 415, 'Content-Encoding not supported: send gzip or none');
        return undefined;
      }
      const lease = memory.lease();
      try {
        const limits = { maxBytes: MAX_BODY_BYTES, lease, minBytesPerSecond };
        const body = await (coding === 'gzip' ? readGzipBody : readBody)(ctx.req, limits);
        switch (body.kind) {
          case 'ok':
            return parseBoundedJson(body.bytes);
          case 'invalid':
            return { kind: 'invalid', reason: body.reason };
          case 'too_large':
            sendError(ctx, 413, `Body larger than ${MAX_BODY_BYTES} bytes`);
            return undefined;
          case 'no_room':
          case 'no_time':
          case 'evicted':
            ctx.set('Connection', 'close');
            sendUnavailable(ctx, 'Too many requests at the moment', RETRY_AFTER_SECONDS);
            return undefined;
          case 'too_slow':
            ctx.set('Connection', 'close');
            sendError(ctx, 408, `Sent less than ${minBytesPerSecond} bytes a second`);
            return undefined;
          case 'aborted':
            // Nobody reads the answer; the status is for the metrics.
            sendError(ctx, 400, 'Request ended early');
            return undefined;
        }
      } finally {
        lease.release();
      }
    },
  };
}
