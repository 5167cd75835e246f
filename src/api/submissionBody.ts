/** The body of a POST, decompressed, within the bounds on size and memory. */
import type { Context } from 'koa';
import { hasMoreValuesThan, MAX_VALUES } from '../core/json/count.ts';
import { bodyCoding, type Coding } from '../core/submission/contentEncoding.ts';
import { zstdStructure } from '../core/submission/zstdFrames.ts';
import { type BodyResult, readBody, readGzipBody } from '../edge/http/body.ts';
import { sendError, sendUnavailable } from '../edge/http/errors.ts';
import type { Lease, MemoryBudget } from '../edge/http/memory.ts';
import type { ZstdDecompressor } from '../edge/zstd/decompressor.ts';

export interface BodyReader {
  /**
   * Reads the body and calls `use` with it; its memory counts until `use` has ended. When there is no
   * body to use, the answer is set: `reject` says what damaged data is answered with.
   */
  withBody(
    ctx: Context,
    use: (body: Buffer) => Promise<void> | void,
    reject: (reason: string) => void,
  ): Promise<void>;
}

/** RFC 8878 lets a decoder refuse windows above 8 MiB; `zstd --long` makes up to 128 MiB. */
const MAX_ZSTD_WINDOW_BYTES = 134_217_728;
const RETRY_AFTER_SECONDS = 5;

export function refuseTooManyValues(ctx: Context): void {
  sendError(ctx, 413, `More than ${MAX_VALUES} values`);
}

export function makeBodyReader(parts: {
  readonly maxBodyBytes: number;
  readonly memory: MemoryBudget;
  readonly zstd: ZstdDecompressor;
}): BodyReader {
  const { maxBodyBytes } = parts;

  const read = (ctx: Context, coding: Coding, lease: Lease): Promise<BodyResult> => {
    const limits = { maxBytes: maxBodyBytes, lease };
    switch (coding) {
      case 'identity':
        return readBody(ctx.req, limits);
      case 'gzip':
        return readGzipBody(ctx.req, limits);
      case 'zstd':
        return readZstd(ctx, lease);
    }
  };

  const readZstd = async (ctx: Context, lease: Lease): Promise<BodyResult> => {
    const raw = await readBody(ctx.req, { maxBytes: maxBodyBytes, lease });
    if (raw.kind !== 'ok') return raw;
    const structure = zstdStructure(raw.bytes, {
      maxWindowBytes: Math.min(MAX_ZSTD_WINDOW_BYTES, maxBodyBytes),
      maxOutputBytes: maxBodyBytes,
    });
    if (structure.kind !== 'ok') return structure;
    const bound = structure.outputBoundBytes;
    // All that decompression can take is taken before it begins.
    if (!lease.grow(bound)) return { kind: 'no_room' };
    const result = await parts.zstd.decompress(raw.bytes, bound);
    if (result.kind === 'ok') lease.shrink(raw.bytes.length + bound - result.bytes.length);
    return result;
  };

  return {
    async withBody(ctx, use, reject) {
      const coding = bodyCoding(ctx.req.headers['content-encoding']);
      if (coding === undefined) {
        ctx.set('Accept-Encoding', 'zstd, gzip');
        sendError(ctx, 415, 'Content-Encoding not supported: send zstd, gzip or none');
        return;
      }
      const lease = parts.memory.lease();
      try {
        const body = await read(ctx, coding, lease);
        switch (body.kind) {
          case 'ok':
            if (hasMoreValuesThan(body.bytes, MAX_VALUES)) refuseTooManyValues(ctx);
            else await use(body.bytes);
            break;
          case 'too_large':
            sendError(ctx, 413, body.reason ?? `Body larger than ${maxBodyBytes} bytes`);
            break;
          case 'no_room':
            sendUnavailable(ctx, 'Too many submissions at the moment', RETRY_AFTER_SECONDS);
            break;
          case 'invalid':
            reject(body.reason);
            break;
          case 'aborted':
            // Nobody reads the answer; the status is for the metrics.
            sendError(ctx, 400, 'Request ended early');
        }
      } finally {
        lease.release();
      }
    },
  };
}
