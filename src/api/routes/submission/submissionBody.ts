/** The body of a POST, decompressed, within the bounds on size and memory. */
import { boundFault } from '../../../core/json/bounds.ts';
import type { Allocate } from '../../../core/json/edit.ts';
import type { BodyLayout } from '../../../core/json/layout.ts';
import { bodyCoding, type Coding } from '../../../core/submission/contentEncoding.ts';
import { boundRefusal } from '../../../core/submission/judgement.ts';
import { zstdStructure } from '../../../core/submission/zstdFrames.ts';
import {
  type BodyLimits,
  type BodyResult,
  readBody,
  readGzipBody,
} from '../../../edge/http/body.ts';
import { sendError, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { Exchange } from '../../../edge/http/exchange.ts';
import type { Gunzip } from '../../../edge/http/gunzip.ts';
import type { Lease, MemoryBudget } from '../../../edge/http/memory.ts';
import type { LayoutFinder, Shape } from '../../../edge/layout/layout.ts';
import type { ZstdDecompressor } from '../../../edge/zstd/decompressor.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import { sendRefusal } from './refusals.ts';

export interface BodyReader {
  /**
   * Reads the body and calls `use` with it; its memory counts until `use` has ended. When there is no
   * body to use, the answer is set: `reject` says what damaged data is answered with. `shape`: of a body with a
   * measurement, whose layout is found.
   */
  withBody(
    exchange: Exchange,
    use: UseBody,
    reject: (reason: string) => void,
    shape?: Shape,
  ): Promise<void>;
}

/** `allocate`: memory that is used for others when this has ended, as that of body and layout is. */
type UseBody = (
  body: Buffer,
  layout: BodyLayout | undefined,
  allocate: Allocate,
) => Promise<void> | void;

/**
 * What RFC 9659 has senders of zstd over HTTP stay below. Nothing of it is allocated here, for all is
 * decompressed into one buffer; but what needs more was not made for this.
 */
const MAX_ZSTD_WINDOW_BYTES = 8_388_608;
const RETRY_AFTER_SECONDS = 5;

export interface BodyReaderParts {
  readonly maxBodyBytes: number;
  /** Above `ratioFromBytes` a body may be this many times as large as it was compressed. */
  readonly maxBodyRatio: number;
  readonly ratioFromBytes: number;
  /** Bytes a second that a client must send; 0: any. */
  readonly minBytesPerSecond: number;
  readonly memory: MemoryBudget;
  readonly zstd: ZstdDecompressor;
  /** Of small bodies. */
  readonly gunzip: Gunzip;
  /** undefined: there is none, and all bodies are parsed. */
  readonly layouts: LayoutFinder | undefined;
  readonly metrics: ApiMetrics;
}

export function makeBodyReader(parts: BodyReaderParts): BodyReader {
  const { maxBodyBytes, maxBodyRatio, ratioFromBytes, memory } = parts;
  const maxBytesOf = (compressedBytes: number) =>
    Math.min(maxBodyBytes, Math.max(ratioFromBytes, compressedBytes * maxBodyRatio));

  const read = (exchange: Exchange, coding: Coding, lease: Lease): Promise<BodyResult> => {
    const { minBytesPerSecond } = parts;
    const limits = { maxBytes: maxBodyBytes, lease, minBytesPerSecond };
    switch (coding) {
      case 'identity':
        return readBody(exchange.req, limits);
      case 'gzip':
        return readGzipBody(exchange.req, { ...limits, maxBytesOf, gunzip: parts.gunzip });
      case 'zstd':
        return readZstd(exchange, limits);
    }
  };

  const readZstd = async (exchange: Exchange, limits: BodyLimits): Promise<BodyResult> => {
    const raw = await readBody(exchange.req, limits);
    if (raw.kind !== 'ok') return raw;
    const { bytes } = raw;
    const structure = zstdStructure(bytes, {
      maxWindowBytes: MAX_ZSTD_WINDOW_BYTES,
      maxOutputBytes: maxBytesOf(bytes.length),
    });
    if (structure.kind !== 'ok') return structure;
    const bound = structure.outputBoundBytes;
    // All that decompression can take is taken before it begins.
    const workBytes = parts.zstd.workBytes(bytes.length, bound);
    if (bytes.length + workBytes > memory.maxBytes)
      return { kind: 'too_large', reason: 'zstd content too large to decompress: send it as gzip' };
    if (!limits.lease.grow(workBytes)) return { kind: 'no_room' };
    const { buffers } = limits.lease;
    const result = await parts.zstd.decompress(bytes, bound, buffers);
    buffers.give(bytes);
    switch (result.kind) {
      case 'ok':
        limits.lease.shrink(bytes.length + workBytes - result.bytes.buffer.byteLength);
        return result;
      case 'no_time':
        return result;
      case 'refused':
        return structure.limited
          ? { kind: 'too_large', reason: `zstd content of more than ${bound} bytes, or damaged` }
          : { kind: 'invalid', reason: 'zstd data is damaged' };
    }
  };

  const layoutOf = async (bytes: Buffer, shape: Shape | undefined, lease: Lease) => {
    const { layouts } = parts;
    if (layouts === undefined || shape === undefined) return undefined;
    const workBytes = layouts.workBytes(bytes.length, shape);
    if (!lease.grow(workBytes)) return undefined;
    const layout = await layouts.find(bytes, shape, lease.buffers.take);
    if (layout === undefined) lease.shrink(workBytes);
    return layout;
  };

  const useWithinBounds = async (
    exchange: Exchange,
    bytes: Buffer,
    use: UseBody,
    layout: BodyLayout | undefined,
    allocate: Allocate,
  ) => {
    // One that has a layout is within them.
    const fault = layout === undefined ? boundFault(bytes) : undefined;
    if (fault === undefined) return await use(bytes, layout, allocate);
    parts.metrics.bodiesRefused.inc({ reason: fault });
    sendRefusal(exchange, boundRefusal(fault));
  };

  return {
    async withBody(exchange, use, reject, shape) {
      const coding = bodyCoding(exchange.req.headers['content-encoding']);
      if (coding === undefined) {
        parts.metrics.bodiesRefused.inc({ reason: 'coding' });
        exchange.set('Accept-Encoding', 'zstd, gzip');
        sendError(exchange, 415, 'Content-Encoding not supported: send zstd, gzip or none');
        return;
      }
      const lease = memory.lease();
      try {
        const body = await read(exchange, coding, lease);
        if (body.kind === 'ok') {
          const layout = await layoutOf(body.bytes, shape, lease);
          await useWithinBounds(exchange, body.bytes, use, layout, lease.buffers.take);
          return;
        }
        parts.metrics.bodiesRefused.inc({ reason: body.kind });
        switch (body.kind) {
          case 'too_large':
            sendError(exchange, 413, body.reason ?? `Body larger than ${maxBodyBytes} bytes`);
            break;
          case 'no_room':
          case 'no_time':
            sendUnavailable(exchange, 'Too many submissions at the moment', RETRY_AFTER_SECONDS);
            break;
          case 'evicted':
            exchange.set('Connection', 'close');
            sendUnavailable(exchange, 'Sent too slowly while others waited', RETRY_AFTER_SECONDS);
            break;
          case 'too_slow':
            exchange.set('Connection', 'close');
            sendError(exchange, 408, `Sent less than ${parts.minBytesPerSecond} bytes a second`);
            break;
          case 'invalid':
            reject(body.reason);
            break;
          case 'aborted':
            // Nobody reads the answer; the status is for the metrics.
            sendError(exchange, 400, 'Request ended early');
        }
      } finally {
        lease.release();
      }
    },
  };
}
