/**
 * Reading request bodies against two bounds, byte for byte as they come in: the size of one body
 * (413) and the memory of all (503). Content-Length is only a hint that allows an earlier answer.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Lease } from './memory.ts';

export type BodyResult =
  | { readonly kind: 'ok'; readonly bytes: Buffer }
  /** `reason`: where it is not the size of the body itself. */
  | { readonly kind: 'too_large'; readonly reason?: string }
  /** No room in memory at the moment. */
  | { readonly kind: 'no_room' }
  /** The compressed data is damaged or cut off. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** The client went away. */
  | { readonly kind: 'aborted' };

export interface BodyLimits {
  readonly maxBytes: number;
  readonly lease: Lease;
}

/** The body as sent. What follows a refusal is read and thrown away by the HTTP server. */
export function readBody(request: IncomingMessage, limits: BodyLimits): Promise<BodyResult> {
  if (Number(request.headers['content-length'] ?? 0) > limits.maxBytes)
    return Promise.resolve({ kind: 'too_large' });
  return collect(request, request, limits);
}

/** The body with its gzip coding (RFC 9110, 8.4.1.3) removed; the bounds hold for what comes out. */
export async function readGzipBody(
  request: IncomingMessage,
  limits: BodyLimits,
): Promise<BodyResult> {
  const gunzip = createGunzip({ chunkSize: 65_536 });
  request.pipe(gunzip);
  const result = await collect(request, gunzip, limits);
  request.unpipe(gunzip);
  gunzip.on('error', () => {});
  gunzip.destroy();
  // The rest is of no interest, but must be read so that the answer can be.
  if (result.kind !== 'ok') request.resume();
  return result;
}

/** Collects `source`, which is the request or made from it. */
function collect(
  request: IncomingMessage,
  source: Readable,
  { maxBytes, lease }: BodyLimits,
): Promise<BodyResult> {
  if (request.destroyed && !request.complete) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const settle = (result: BodyResult) => {
      source.off('data', onData).off('end', onEnd).off('error', onError);
      request.off('close', onClose);
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      length += chunk.length;
      if (length > maxBytes) settle({ kind: 'too_large' });
      else if (!lease.grow(chunk.length)) settle({ kind: 'no_room' });
      else chunks.push(chunk);
    };
    const onEnd = () =>
      settle({
        kind: 'ok',
        bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length),
      });
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
    source.on('data', onData).on('end', onEnd).on('error', onError);
    request.on('close', onClose);
  });
}
