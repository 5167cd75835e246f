/** The body of a POST, decompressed, within the bounds on size and memory. */
import type { Context } from 'koa';
import { type BoundFault, boundFault, boundFaultText } from '../core/json/bounds.ts';
import { bodyCoding, type Coding } from '../core/submission/contentEncoding.ts';
import { zstdStructure } from '../core/submission/zstdFrames.ts';
import { type BodyResult, readBody, readGzipBody } from '../edge/http/body.ts';
import { sendError, sendUnavailable } from '../edge/http/errors.ts';
import type { Lease, MemoryBudget } from '../edge/http/memory.ts';
import type { ZstdDecompressor } from '../edge/zstd/decompressor.ts';
import type { ApiMetrics } from './metrics.ts';

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

/** Refuses JSON that nobody should parse: 413 for its size, 400 for what no reader of it could read. */
export function refuseFault(ctx: Context, fault: BoundFault, maxDepth?: number): void {
  const text = boundFaultText(fault, maxDepth);
  sendError(ctx, fault === 'too_deep' ? 400 : 413, text[0]!.toUpperCase() + text.slice(1));
}

export function makeBodyReader(parts: {
  readonly maxBodyBytes: number;
  readonly memory: MemoryBudget;
  readonly zstd: ZstdDecompressor;
  readonly metrics: ApiMetrics;
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

  const useWithinBounds = async (
    ctx: Context,
    bytes: Buffer,
    use: (body: Buffer) => Promise<void> | void,
  ) => {
    const fault = boundFault(bytes);
    if (fault === undefined) return await use(bytes);
    parts.metrics.rejected.inc({ reason: fault });
    refuseFault(ctx, fault);
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
            await useWithinBounds(ctx, body.bytes, use);
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
