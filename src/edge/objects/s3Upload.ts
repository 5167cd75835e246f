/**
 * Uploads to S3: one PUT up to a size, in parts above it, never over what is there.
 *
 * Every request carries the SHA-256 of its bytes, which the server checks. After the upload the
 * server is asked what it holds (contract, storage-and-operations 2: upload first, delete last).
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
import { md5Of, type Source, sha256, streamDigest } from './digest.ts';
import { ObjectExists } from './store.ts';

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
  readonly contentType: string;
  readonly replace: boolean;
  readonly limits: UploadLimits;
}

/** Uploads and confirms. Throws ObjectExists when the key holds other bytes (unless `replace`). */
export async function upload(it: Upload): Promise<void> {
  const before = await headObject(it);
  if (before !== undefined) {
    if (await isSame(it, before)) return;
    if (!it.replace) throw new ObjectExists(`${it.key} is in the bucket with other bytes`);
  }
  const put = it.source.digest.sizeBytes > it.limits.singlePutMaxBytes ? putParts : putWhole;
  try {
    await put(it, !it.replace);
  } catch (error) {
    const status = statusOf(error);
    // Another upload won, or the answer to our first try was lost: what is there decides.
    if (status !== 412 && status !== 409) throw error;
  }
  const after = await headObject(it);
  if (after === undefined) throw new Error(`${it.key} is not in the bucket after its upload`);
  if (await isSame(it, after)) return;
  if (it.replace) throw new Error(`${it.key} has other bytes in the bucket after its upload`);
  throw new ObjectExists(`${it.key} has other bytes in the bucket after its upload`);
}

async function putWhole(it: Upload, onlyNew: boolean): Promise<void> {
  const { digest } = it.source;
  const body = await it.source.part(0, digest.sizeBytes);
  const request = {
    Bucket: it.bucket,
    Key: it.key,
    Body: body,
    ContentLength: digest.sizeBytes,
    ContentType: it.contentType,
    ChecksumSHA256: digest.sha256.toString('base64'),
  };
  await conditionally(onlyNew, (condition) =>
    it.client.send(new PutObjectCommand({ ...request, ...condition })),
  );
}

async function putParts(it: Upload, onlyNew: boolean): Promise<void> {
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
    for (const { start, length } of partsOf(it.source.digest.sizeBytes, it.limits.partBytes)) {
      const body = await it.source.part(start, length);
      const PartNumber = parts.length + 1;
      const ChecksumSHA256 = sha256(body).toString('base64');
      const { ETag } = await it.client.send(
        new UploadPartCommand({ ...where, UploadId, PartNumber, Body: body, ChecksumSHA256 }),
      );
      parts.push({ PartNumber, ETag, ChecksumSHA256 });
      await it.limits.afterPart?.();
    }
    await conditionally(onlyNew, (condition) =>
      it.client.send(
        new CompleteMultipartUploadCommand({
          ...where,
          UploadId,
          MultipartUpload: { Parts: parts },
          ...condition,
        }),
      ),
    );
  } catch (error) {
    // Parts without an object cost storage. The first error is the one to report; what a crash
    // leaves, the bucket's lifecycle rule removes (docs/archive.md).
    await it.client.send(new AbortMultipartUploadCommand({ ...where, UploadId })).catch(() => {});
    throw error;
  }
}

/** Sends with `If-None-Match: *`, and without it to a server that does not know the condition. */
async function conditionally(
  onlyNew: boolean,
  send: (condition: { IfNoneMatch?: '*' }) => Promise<unknown>,
): Promise<void> {
  try {
    await send(onlyNew ? { IfNoneMatch: '*' } : {});
  } catch (error) {
    if (!onlyNew || statusOf(error) !== 501) throw error;
    await send({});
  }
}

function partsOf(sizeBytes: number, partBytes: number): { start: number; length: number }[] {
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
 * Does the bucket hold our bytes? By the SHA-256 that it reports, of the whole or of the parts
 * (`…-N`), or by the ETag where it is the MD5. Where neither matches, an ETag of an encrypted object
 * or parts of another size prove nothing: then the object is read back.
 */
async function isSame(it: Upload, head: HeadObjectCommandOutput): Promise<boolean> {
  const { digest } = it.source;
  if (head.ContentLength !== digest.sizeBytes) return false;
  const reported = head.ChecksumSHA256;
  if (reported !== undefined && !reported.includes('-'))
    return reported === digest.sha256.toString('base64');
  if (reported !== undefined && reported === (await partsChecksum(it))) return true;
  if (head.ETag?.replaceAll('"', '') === (await md5Of(it.source))) return true;
  const object = await it.client.send(new GetObjectCommand({ Bucket: it.bucket, Key: it.key }));
  const held = await streamDigest(object.Body as AsyncIterable<Uint8Array>);
  return held.sizeBytes === digest.sizeBytes && held.sha256.equals(digest.sha256);
}

/** S3's checksum of an object in parts: SHA-256 over the parts' SHA-256, and their number. */
async function partsChecksum(it: Upload): Promise<string> {
  const checksums: Buffer[] = [];
  for (const { start, length } of partsOf(it.source.digest.sizeBytes, it.limits.partBytes))
    checksums.push(sha256(await it.source.part(start, length)));
  return `${sha256(Buffer.concat(checksums)).toString('base64')}-${checksums.length}`;
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
