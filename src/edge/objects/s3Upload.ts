/**
 * Uploads to S3: one PUT up to a size, in parts above it, never over what is there.
 *
 * Every request carries the SHA-256 of its bytes, for the server to check. Not every server does: so after
 * the upload it is asked what it holds (protocol, archive 2: upload first, delete last).
 */
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { type Digest, md5, md5Of, type Source, sha256, streamDigest } from './digest.ts';
import { DamagedUpload, ObjectExists } from './store.ts';

export interface UploadLimits {
  /** Larger objects go in parts. Two parts' worth of memory at most is held. */
  readonly singlePutMaxBytes: number;
  /** S3 wants at least 5 MiB, and takes 10,000 parts. */
  readonly partBytes: number;
  /** Called when a part has arrived; for tests that stop there. */
  readonly afterPart?: () => Promise<void> | void;
}

export interface Upload {
  readonly client: S3Client;
  readonly bucket: string;
  readonly key: string;
  readonly source: Source;
  /** Of the source. */
  readonly digest: Digest;
  readonly contentType: string;
  readonly replace: boolean;
  readonly limits: UploadLimits;
}

/** A condition on what the key holds. */
type Condition = { readonly IfNoneMatch: '*' } | { readonly IfMatch: string } | undefined;

/**
 * Uploads and confirms. Throws ObjectExists when the key holds other bytes (unless `replace`), and
 * DamagedUpload when what we put there is not what we sent, twice.
 */
export async function upload(it: Upload): Promise<void> {
  const before = await headObject(it);
  if (before !== undefined) {
    if (await isSame(it, before)) return;
    if (!it.replace) throw new ObjectExists(`${it.key} is in the bucket with other bytes`);
  }
  let made = await put(it, it.replace ? undefined : { IfNoneMatch: '*' });
  if (await isConfirmed(it, made)) return;
  // Nobody relies on it yet. Only what we have made ourselves is written over.
  made = await put(it, it.replace ? undefined : { IfMatch: made.etag! });
  if (await isConfirmed(it, made)) return;
  throw new DamagedUpload(`${it.key} has other bytes in the bucket than were sent, twice`);
}

/** What a PUT was answered with; `isOurs` false: another upload was there before. */
interface Made {
  readonly isOurs: boolean;
  readonly etag: string | undefined;
}

async function put(it: Upload, condition: Condition): Promise<Made> {
  const inParts = it.digest.sizeBytes > it.limits.singlePutMaxBytes;
  try {
    return { isOurs: true, etag: await (inParts ? putParts : putWhole)(it, condition) };
  } catch (error) {
    const status = statusOf(error);
    // Another upload won, or the answer to our first try was lost: what is there decides.
    if (status !== 412 && status !== 409) throw error;
    return { isOurs: false, etag: undefined };
  }
}

/** True: the bucket holds our bytes. False: it holds what we put there, and that is something else. */
async function isConfirmed(it: Upload, made: Made): Promise<boolean> {
  const after = await headObject(it);
  if (after === undefined) throw new Error(`${it.key} is not in the bucket after its upload`);
  if (await isSame(it, after)) return true;
  if (made.isOurs && (it.replace || (made.etag !== undefined && made.etag === plainETag(after))))
    return false;
  throw new ObjectExists(`${it.key} has other bytes in the bucket after its upload`);
}

/** Gives the ETag that the store made of it. */
async function putWhole(it: Upload, condition: Condition): Promise<string | undefined> {
  const { digest } = it;
  const body = await it.source.part(0, digest.sizeBytes);
  const request = {
    Bucket: it.bucket,
    Key: it.key,
    Body: body,
    ContentLength: digest.sizeBytes,
    ContentType: it.contentType,
    ChecksumSHA256: digest.sha256.toString('base64'),
  };
  const answer = await conditionally(condition, (only) =>
    it.client.send(new PutObjectCommand({ ...request, ...only })),
  );
  return plainETag(answer);
}

async function putParts(it: Upload, condition: Condition): Promise<string | undefined> {
  const where = { Bucket: it.bucket, Key: it.key };
  const { UploadId } = await it.client.send(
    new CreateMultipartUploadCommand({
      ...where,
      ContentType: it.contentType,
      ChecksumAlgorithm: 'SHA256',
    }),
  );
  try {
    const parts: { PartNumber: number; ETag: string | undefined; ChecksumSHA256: string }[] = [];
    for (const { start, length } of uploadParts(it.digest.sizeBytes, it.limits.partBytes)) {
      const body = await it.source.part(start, length);
      const PartNumber = parts.length + 1;
      const ChecksumSHA256 = sha256(body).toString('base64');
      const { ETag } = await it.client.send(
        new UploadPartCommand({ ...where, UploadId, PartNumber, Body: body, ChecksumSHA256 }),
      );
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
      await it.limits.afterPart?.();
    }
    const answer = await conditionally(condition, (only) =>
      it.client.send(
        new CompleteMultipartUploadCommand({
          ...where,
          UploadId,
          MultipartUpload: { Parts: parts },
          ...only,
        }),
      ),
    );
    return plainETag(answer);
  } catch (error) {
    // Parts without an object cost storage. The first error is the one to report; what a crash
    // leaves, the bucket's lifecycle rule removes (docs/archive.md).
    await it.client.send(new AbortMultipartUploadCommand({ ...where, UploadId })).catch(() => {});
    throw error;
  }
}

/** Sends with a condition, and without it to a server that does not know conditions. */
async function conditionally<Answer>(
  condition: Condition,
  send: (only: { IfNoneMatch?: '*'; IfMatch?: string }) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(condition ?? {});
  } catch (error) {
    if (condition === undefined || statusOf(error) !== 501) throw error;
    return send({});
  }
}

function uploadParts(sizeBytes: number, partBytes: number): { start: number; length: number }[] {
  const parts: { start: number; length: number }[] = [];
  for (let start = 0; start < sizeBytes; start += partBytes)
    parts.push({ start, length: Math.min(partBytes, sizeBytes - start) });
  return parts;
}

/** What the bucket says of the object, with its checksum; undefined when there is none. */
export async function headObject(
  it: Pick<Upload, 'client' | 'bucket' | 'key'>,
): Promise<HeadObjectCommandOutput | undefined> {
  try {
    return await it.client.send(
      new HeadObjectCommand({ Bucket: it.bucket, Key: it.key, ChecksumMode: 'ENABLED' }),
    );
  } catch (error) {
    if (isMissingKey(error)) return undefined;
    throw error;
  }
}

/**
 * Does the bucket hold our bytes? The ETag says so where the server makes it of what it holds: the MD5 of
 * the object, or that over the MD5s of its parts. Where it is neither (encryption with keys of the
 * service, parts of another size) or where it contradicts, the object is read back. A SHA-256 that the
 * server reports may be what our own request said: it proves nothing but that the bytes are others.
 */
async function isSame(it: Upload, head: HeadObjectCommandOutput): Promise<boolean> {
  const { digest } = it;
  if (head.ContentLength !== digest.sizeBytes) return false;
  const reported = head.ChecksumSHA256;
  if (reported !== undefined && !reported.includes('-'))
    if (reported !== digest.sha256.toString('base64')) return false;
  const etag = plainETag(head);
  if (etag !== undefined && etag === (await expectedETag(it, etag.includes('-')))) return true;
  const object = await it.client.send(new GetObjectCommand({ Bucket: it.bucket, Key: it.key }));
  const held = await streamDigest(object.Body as AsyncIterable<Uint8Array>);
  return held.sizeBytes === digest.sizeBytes && held.sha256.equals(digest.sha256);
}

function plainETag({ ETag }: { readonly ETag?: string | undefined }): string | undefined {
  return ETag?.replaceAll('"', '');
}

/** The ETag of our bytes, put whole or in parts. */
async function expectedETag({ source, limits }: Upload, inParts: boolean): Promise<string> {
  const { sizeBytes } = source;
  if (!inParts) return (await md5Of(source, 0, sizeBytes)).toString('hex');
  const parts: Buffer[] = [];
  for (const { start, length } of uploadParts(sizeBytes, limits.partBytes))
    parts.push(await md5Of(source, start, length));
  return `${md5(Buffer.concat(parts)).toString('hex')}-${parts.length}`;
}

export function isMissingKey(error: unknown): boolean {
  // HEAD has no body that could name the fault; a missing bucket is an error of its own.
  return (
    error instanceof S3ServiceException &&
    (error.name === 'NotFound' || error.name === 'NoSuchKey') &&
    statusOf(error) === 404
  );
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
