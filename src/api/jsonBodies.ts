/** Small JSON bodies of probes and of people: whole in memory, within a bound for all together. */
import { isWellFormed, type ParseResult, parseBoundedJson } from '../core/json/parseJson.ts';
import { bodyCoding } from '../core/submission/contentEncoding.ts';
import { jsonIssue } from '../core/validation/bodyReader.ts';
import { readBody, readGzipBody } from '../edge/http/body.ts';
import { sendError, sendIssues, sendUnavailable } from '../edge/http/errorAnswers.ts';
import type { Exchange } from '../edge/http/exchange.ts';
import { makeMemoryBudget } from '../edge/http/memory.ts';

export interface JsonBodies {
  /**
   * The body, whatever its Content-Type says (protocol, probes 2.2): parsed, or why it is no JSON.
   * undefined when it could not be had; then the answer is set.
   */
  read(ctx: Exchange, maxBytes?: number): Promise<ParseResult | undefined>;
  /**
   * Its value, for what is kept and shown to others: undefined also when it is no JSON or has texts that are no
   * Unicode, and then too the answer is set.
   */
  readValue(ctx: Exchange, maxBytes?: number): Promise<{ readonly value: unknown } | undefined>;
}

/** What is asked has some hundred bytes. */
const MAX_BODY_BYTES = 65_536;
/** Of all that come in at once, in each worker and for each of these. */
const MEMORY_BYTES = 33_554_432;
/** People wait for their answer; what a probe must send at least, the configuration says. */
const MIN_BYTES_PER_SECOND = 100;
const RETRY_AFTER_SECONDS = 5;

export function makeJsonBodies(minBytesPerSecond = MIN_BYTES_PER_SECOND): JsonBodies {
  const memory = makeMemoryBudget(MEMORY_BYTES);

  const read: JsonBodies['read'] = async (ctx, maxBytes = MAX_BODY_BYTES) => {
    const coding = bodyCoding(ctx.req.headers['content-encoding']);
    if (coding === undefined || coding === 'zstd') {
      ctx.set('Accept-Encoding', 'gzip');
      sendError(ctx, 415, 'Content-Encoding not supported: send gzip or none');
      return undefined;
    }
    const lease = memory.lease();
    try {
      const limits = { maxBytes, lease, minBytesPerSecond };
      const body = await (coding === 'gzip' ? readGzipBody : readBody)(ctx.req, limits);
      switch (body.kind) {
        case 'ok':
          return parseBoundedJson(body.bytes);
        case 'invalid':
          return { kind: 'invalid', reason: body.reason };
        case 'too_large':
          sendError(ctx, 413, `Body larger than ${maxBytes} bytes`);
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
          sendError(ctx, 499, 'Request ended early');
          return undefined;
      }
    } finally {
      lease.release();
    }
  };

  return {
    read,
    async readValue(ctx, maxBytes) {
      const body = await read(ctx, maxBytes);
      if (body === undefined) return undefined;
      if (body.kind === 'ok' && isWellFormed(body.value)) return body;
      const reason = body.kind === 'ok' ? 'a text has half of a surrogate pair' : body.reason;
      sendIssues(ctx, [jsonIssue(reason)]);
      return undefined;
    },
  };
}
