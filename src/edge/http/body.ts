/**
 * Reading request bodies against two bounds, byte for byte as they come in: the size of one body
 * (413) and the memory of all (503). Content-Length is only a hint that allows an earlier answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip, type Gunzip as GunzipStream } from 'node:zlib';
import type { Buffers } from './buffers.ts';
import { type Gunzip, gunzipByZlib } from './gunzip.ts';
import type { Lease } from './memory.ts';

export type BodyResult =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  /** `reason`: where it is not the size of the body itself. */
  | { readonly kind: 'too_large'; readonly reason?: string }
  /** No room in memory at the moment. */
  | { readonly kind: 'no_room' }
  /** What decompresses it has too much to do. */
  | { readonly kind: 'no_time' }
  /** It came in more slowly than others, for which there was no room. */
  | { readonly kind: 'evicted' }
  /** It came in more slowly than any may. */
  | { readonly kind: 'too_slow' }
  /** The compressed data is damaged or cut off. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** The client went away. */
  | { readonly kind: 'aborted' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly lease: Lease;
  /** Most bytes that may have come out of so many compressed ones; without it `maxBytes` alone counts. */
  readonly maxBytesOf?: (compressedBytes: number) => number;
  /** Bytes a second that a client must send, measured over `slowAfterMs`; 0: any. */
  readonly minBytesPerSecond?: number;
  /** How long a client may send less than that: longer than a phone is between two cells. */
  readonly slowAfterMs?: number;
  /** Decompresses small gzip; zlib where it is not given. */
  readonly gunzip?: Gunzip;
}

const SLOW_AFTER_MS = 30_000;
/** Smaller chunks are copied together: each alone would take a hundred times its memory. */
const SMALL_CHUNK_BYTES = 4_096;
const BLOCK_BYTES = 16_384;
/**
 * Gzip up to here is decompressed at once where no more than that comes out: it takes this thread less than a stream and the
 * way to another thread do (docs/design/gunzip.md).
 */
const SMALL_GZIP_BYTES = 16_384;
const SMALL_CONTENT_BYTES = 131_072;
/** Header and trailer of gzip (RFC 1952, 2.3), around nothing. */
const LEAST_GZIP_BYTES = 18;
const GUNZIP_CHUNK_BYTES = 65_536;

/** The body as sent. What follows a refusal is read and thrown away by the HTTP server. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyResult> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes)
    return Promise.resolve({ kind: 'too_large' });
  return collect(request, request, limits, () => 0);
}

/** The body with its gzip coding (RFC 9110, 8.4.1.3) removed; the bounds hold for what comes out. */
export async function readGzipBody(
  request: IncomingMessage,
  limits: BodyLimits,
): Promise<BodyResult> {
  const isSmall = Number(request.headers['content-length']) <= SMALL_GZIP_BYTES;
  if (!isSmall) return await gunzipAsItComes(request, limits);
  const raw = await readBody(request, { ...limits, maxBytes: SMALL_GZIP_BYTES });
  if (raw.kind !== 'ok') return raw;
  const result =
    gunzipAtOnce(raw.bytes, limits) ?? (await gunzipElsewhere(request, raw.bytes, limits));
  limits.lease.shrink(raw.bytes.length);
  return result;
}

/** undefined: too much comes out, or it is not in order, for which the other has the words. */
function gunzipAtOnce(data: Buffer, limits: BodyLimits): BodyResult | undefined {
  const { lease, gunzip = gunzipByZlib } = limits;
  if (data.length < LEAST_GZIP_BYTES) return undefined;
  // What it says itself, of its last member: a hint.
  const length = data.readUInt32LE(data.length - 4);
  if (length > SMALL_CONTENT_BYTES) return undefined;
  if (sizeRefusal(length, limits, () => data.length) !== undefined) return undefined;
  if (!lease.grow(length)) return { kind: 'no_room' };
  const bytes = lease.buffers.take(length);
  if (gunzip(data, bytes)) return { kind: 'ok', bytes };
  lease.buffers.give(bytes);
  lease.shrink(length);
  return undefined;
}

async function gunzipElsewhere(
  request: IncomingMessage,
  data: Buffer,
  limits: BodyLimits,
): Promise<BodyResult> {
  const gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES });
  const result = collect(request, gunzip, limits, () => data.length);
  gunzip.end(data);
  return ended(gunzip, await result);
}

async function gunzipAsItComes(request: IncomingMessage, limits: BodyLimits): Promise<BodyResult> {
  const gunzip = createGunzip({ chunkSize: GUNZIP_CHUNK_BYTES });
  let compressed = 0;
  const countIn = (chunk: Buffer) => {
    compressed += chunk.length;
  };
  request.on('data', countIn).pipe(gunzip);
  const result = await collect(request, gunzip, limits, () => compressed);
  request.off('data', countIn);
  request.unpipe(gunzip);
  // The rest is of no interest, but must be read so that the answer can be.
  if (result.kind !== 'ok') request.resume();
  return ended(gunzip, result);
}

function ended(gunzip: GunzipStream, result: BodyResult): BodyResult {
  gunzip.on('error', () => {});
  gunzip.destroy();
  return result;
}

/** Of so many bytes that came out; undefined where they are within the bounds. */
function sizeRefusal(
  length: number,
  { maxBytes, maxBytesOf }: BodyLimits,
  compressedBytes: () => number,
): BodyResult | undefined {
  if (length > maxBytes) return { kind: 'too_large' };
  if (maxBytesOf !== undefined && length > maxBytesOf(compressedBytes()))
    return { kind: 'too_large', reason: `gzip: ${length} bytes of ${compressedBytes()}` };
  return undefined;
}

/** Collects `source`, which is the request or made from it. */
function collect(
  request: IncomingMessage,
  source: Readable,
  limits: BodyLimits,
  compressedBytes: () => number,
): Promise<BodyResult> {
  const { lease } = limits;
  if (request.destroyed && !request.complete) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const chunks = makeChunks(lease.buffers);
    let settled = false;
    const settle = (result: BodyResult) => {
      if (settled) return;
      settled = true;
      // One that has come to its end has nothing more to tell.
      if (result.kind !== 'ok') {
        source.off('data', onData).off('end', onEnd).off('error', onError);
        request.off('close', onClose);
      }
      clearInterval(slowTimer);
      endReceiving();
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      const refused = sizeRefusal(chunks.length + chunk.length, limits, compressedBytes);
      if (refused !== undefined) settle(refused);
      else if (!lease.grow(chunk.length)) settle({ kind: 'no_room' });
      else chunks.add(chunk);
    };
    const onEnd = () => settle({ kind: 'ok', bytes: chunks.whole() });
    const onError = (error: Error) =>
      settle(
        source === request
          ? { kind: 'aborted' }
          : { kind: 'invalid', reason: `gzip: ${error.message}` },
      );
    const onClose = () => {
      // The request may be complete and closed while gunzip still works.
      if (!request.complete || source === request) settle({ kind: 'aborted' });
    };
    const endReceiving = lease.receive(() => settle({ kind: 'evicted' }));
    const slowTimer = watchSpeed(request, limits, () => settle({ kind: 'too_slow' }));
    source.on('data', onData).on('end', onEnd).on('error', onError);
    request.on('close', onClose);
  });
}

/** Calls `tooSlow` when the client has sent less than it must, although we were waiting for it. */
function watchSpeed(
  request: IncomingMessage,
  { minBytesPerSecond = 0, slowAfterMs = SLOW_AFTER_MS }: BodyLimits,
  tooSlow: () => void,
): NodeJS.Timeout | undefined {
  if (minBytesPerSecond === 0) return undefined;
  let before = request.socket.bytesRead;
  return setInterval(() => {
    const sent = request.socket.bytesRead - before;
    before += sent;
    const waiting = !request.complete && request.readableLength === 0;
    if (waiting && sent < (minBytesPerSecond * slowAfterMs) / 1_000) tooSlow();
  }, slowAfterMs);
}

/** Chunks of a body, the small ones copied together. */
function makeChunks(buffers: Buffers) {
  const full: Buffer[] = [];
  let block: Buffer | undefined;
  let blockLength = 0;
  let length = 0;
  const endBlock = () => {
    if (block !== undefined) full.push(block.subarray(0, blockLength));
    block = undefined;
    blockLength = 0;
  };
  return {
    get length() {
      return length;
    },
    add(chunk: Buffer) {
      length += chunk.length;
      // The first stays as it is: most bodies are one.
      if (chunk.length >= SMALL_CHUNK_BYTES || full.length === 0) {
        endBlock();
        full.push(chunk);
        return;
      }
      if (block !== undefined && blockLength + chunk.length > block.length) endBlock();
      block ??= Buffer.allocUnsafeSlow(BLOCK_BYTES);
      blockLength += chunk.copy(block, blockLength);
    },
    whole(): Buffer {
      endBlock();
      if (full.length === 1) {
        buffers.adopt(full[0]!);
        return full[0]!;
      }
      const whole = buffers.take(length);
      let at = 0;
      for (const chunk of full) {
        at += chunk.copy(whole, at);
        buffers.adopt(chunk);
        buffers.give(chunk);
      }
      return whole;
    },
  };
}
