/** A bucket of any S3-compatible service, through the AWS SDK. */
import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import { bytesSource, type Source, sourceDigest, withFile } from './digest.ts';
import { checkKey } from './keys.ts';
import { ObjectTooLarge } from './readObject.ts';
import { headObject, isMissingKey, statusOf, type UploadLimits, upload } from './s3Upload.ts';
import type { ObjectStore } from './store.ts';

export interface S3Options {
  readonly bucket: string;
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly pathStyle: boolean;
  /** Absent: the SDK's own sources (environment, ~/.aws, instance roles). `anonymous`: none at all. */
  readonly credentials:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | 'anonymous'
    | undefined;
  /** A request on whose connection nothing moves for this long is given up, and tried again. */
  readonly requestTimeoutMs: number;
  /** Tries of one request, with exponential backoff between them. */
  readonly maxAttempts: number;
  readonly limits?: UploadLimits;
}

const LIMITS: UploadLimits = { singlePutMaxBytes: 33_554_432, partBytes: 16_777_216 };
const CONNECT_TIMEOUT_MS = 10_000;

export function openS3(options: S3Options): ObjectStore {
  // The SDK's switch for its line on old Node versions, which would stand in the journal at every
  // start; the version is pinned (docs/supply-chain.md).
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const client = new S3Client({
    region: options.region,
    forcePathStyle: options.pathStyle,
    maxAttempts: options.maxAttempts,
    // Our own SHA-256 goes with every upload; other services do not know the SDK's default.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(options.requestTimeoutMs, CONNECT_TIMEOUT_MS),
      // Idle time: a slow link may take as long as it needs for a large object.
      socketTimeout: options.requestTimeoutMs,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...credentialSettings(options.credentials),
  });
  const { bucket } = options;
  const limits = options.limits ?? LIMITS;

  /** An answer to GET, or undefined when there is no such object or the range lies behind its end. */
  const get = async (key: string, range?: string): Promise<Readable | undefined> => {
    try {
      const answer = await client.send(
        new GetObjectCommand({
          Bucket: bucket,
          Key: checkKey(key),
          ...(range === undefined ? {} : { Range: range }),
        }),
      );
      return answer.Body as Readable;
    } catch (error) {
      if (isMissingKey(error)) return undefined;
      throw error;
    }
  };

  const put = async (key: string, source: Source, contentType: string, replace: boolean) => {
    checkKey(key);
    const digest = await sourceDigest(source);
    await upload({ client, bucket, key, source, digest, contentType, replace, limits });
  };

  return {
    name: `s3://${bucket}`,

    putFile: (key, file, contentType, options) =>
      withFile(file, (source) => put(key, source, contentType, options?.replace ?? false)),

    putBytes: (key, bytes, contentType, options) =>
      put(key, bytesSource(bytes), contentType, options?.replace ?? false),

    async head(key) {
      const head = await headObject({ client, bucket, key: checkKey(key) });
      return head === undefined ? undefined : { sizeBytes: head.ContentLength ?? 0 };
    },

    read: (key) => get(key),

    async readRange(key, startBytes, lengthBytes) {
      if (lengthBytes === 0)
        return (await this.head(key)) === undefined ? undefined : Buffer.alloc(0);
      try {
        const body = await get(key, `bytes=${startBytes}-${startBytes + lengthBytes - 1}`);
        if (body === undefined) return undefined;
        // A service that knows no ranges would send all of it.
        const part = await wholeBytes(body, lengthBytes);
        if (part === undefined)
          throw new ObjectTooLarge(`${key} has more than ${lengthBytes} bytes`);
        return part;
      } catch (error) {
        // The range begins behind the object's end.
        if (statusOf(error) === 416) return Buffer.alloc(0);
        throw error;
      }
    },

    async *list(prefix) {
      let after: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: prefix,
            ...(after === undefined ? {} : { ContinuationToken: after }),
          }),
        );
        const { IsTruncated, NextContinuationToken } = page;
        // The SDK makes an empty list of a page of something else, and of a broken answer a shorter one.
        if (IsTruncated === undefined)
          throw new Error(`s3://${bucket} answers with 200, expected a list of objects`);
        for (const { Key, Size, ETag } of page.Contents ?? [])
          if (Key !== undefined)
            yield { key: Key, sizeBytes: Size ?? 0, etag: ETag?.replaceAll('"', '') };
        if (IsTruncated && (NextContinuationToken ?? after) === after)
          throw new Error(`s3://${bucket}: a list of objects does not say how it goes on`);
        after = IsTruncated ? NextContinuationToken : undefined;
      } while (after !== undefined);
    },

    close: () => client.destroy(),
  };
}

function credentialSettings(credentials: S3Options['credentials']): S3ClientConfig {
  if (credentials === undefined) return {};
  if (credentials !== 'anonymous') return { credentials };
  // Requests as they are: a public bucket answers to those.
  return {
    credentials: { accessKeyId: '', secretAccessKey: '' },
    signer: { sign: async <Request>(request: Request) => request },
  };
}
