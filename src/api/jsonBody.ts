/** JSON bodies of what people send: small, whole in memory within a bound for all of them together. */
import type { Context } from 'koa';
import { parseBoundedJson } from '../core/json/parseJson.ts';
import { jsonIssue } from '../core/validation/bodyReader.ts';
import { readBody } from '../edge/http/body.ts';
import { sendError, sendIssues, sendUnavailable } from '../edge/http/errorAnswers.ts';
import { type MemoryBudget, makeMemoryBudget } from '../edge/http/memory.ts';

export interface JsonBodies {
  /** The body's value; undefined when there is none, and then the answer is set. */
  read(ctx: Context, maxBytes: number): Promise<{ readonly value: unknown } | undefined>;
}

/** Of all bodies that come in at the same time. */
const MEMORY_BYTES = 33_554_432;
const MIN_BYTES_PER_SECOND = 100;
const RETRY_AFTER_SECONDS = 5;

export function makeJsonBodies(memory: MemoryBudget = makeMemoryBudget(MEMORY_BYTES)): JsonBodies {
  return {
    async read(ctx, maxBytes) {
      const lease = memory.lease();
      try {
        const body = await readBody(ctx.req, {
          maxBytes,
          lease,
          minBytesPerSecond: MIN_BYTES_PER_SECOND,
        });
        switch (body.kind) {
          case 'ok': {
            const parsed = parseBoundedJson(body.bytes);
            if (parsed.kind === 'ok') return { value: parsed.value };
            sendIssues(ctx, [jsonIssue(parsed.reason)]);
            return undefined;
          }
          case 'too_large':
            sendError(ctx, 413, `Body too large: at most ${maxBytes} bytes`);
            return undefined;
          case 'too_slow':
            sendError(ctx, 408, 'The body came in too slowly');
            return undefined;
          case 'aborted':
            ctx.status = 499;
            ctx.body = '';
            return undefined;
          default:
            sendUnavailable(ctx, 'Not available at the moment', RETRY_AFTER_SECONDS);
            return undefined;
        }
      } finally {
        lease.release();
      }
    },
  };
}
