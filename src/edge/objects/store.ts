/** What the programs ask of a bucket; S3 and a plain folder answer alike. */
import type { Readable } from 'node:stream';

export interface ObjectInfo {
  readonly sizeBytes: number;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** What the store calls these bytes, without quotation marks; often their MD5. */
  readonly etag?: string | undefined;
}

export interface PutOptions {
  /** An existing object is replaced: only for checkpoints and removals. */
  readonly replace?: boolean;
}

export interface ObjectStore {
  /** For log lines: `s3://bucket` or `file:///path`. */
  readonly name: string;
  /**
   * Uploads a local file and resolves only when what the store now holds is known to be those bytes: by a
   * checksum that the store made of them, or read back. Refuses (throws ObjectExists) when the key is
   * there with other bytes; finds the work done when it is there with the same. Throws DamagedUpload when
   * the store took it, and then holds something else.
   */
  putFile(key: string, file: string, contentType: string, options?: PutOptions): Promise<void>;
  /** The same for bytes in memory. */
  putBytes(
    key: string,
    bytes: Uint8Array,
    contentType: string,
    options?: PutOptions,
  ): Promise<void>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** The object from its start, or undefined when there is none. */
  read(key: string): Promise<Readable | undefined>;
  /** A part of the object, shorter only when it ends earlier; undefined when there is no object. */
  readRange(key: string, startBytes: number, lengthBytes: number): Promise<Buffer | undefined>;
  /** Keys below a prefix, sorted. */
  list(prefix: string): AsyncGenerator<ListedObject>;
  close(): void;
}

/** The store took an upload, and does not hold what was sent: damaged on the way, or as it was stored. */
export class DamagedUpload extends Error {
  override readonly name = 'DamagedUpload';
}

/** The key holds other bytes: nothing published is ever overwritten. */
export class ObjectExists extends Error {
  override readonly name = 'ObjectExists';
}
