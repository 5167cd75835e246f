/** Where others fetch the archive's objects: the bucket is public (docs/archive.md). */

export interface BucketSettings {
  /** A bucket's name, or a folder as `file:///path`. */
  readonly bucket: string;
  readonly endpoint?: string | undefined;
  readonly region: string;
  readonly path_style: boolean;
}

/**
 * The address that keys are appended to, without slash at the end. `configured` wins: what the programs
 * connect to may be an address of the inside. Undefined for a folder that no address is known of.
 */
export function publicBucketUrl(
  { bucket, endpoint, region, path_style }: BucketSettings,
  configured: string | undefined,
): string | undefined {
  if (configured !== undefined) return configured.replace(/\/+$/, '');
  if (bucket.startsWith('file://')) return undefined;
  if (endpoint === undefined) return `https://${bucket}.s3.${region}.amazonaws.com`;
  const base = endpoint.replace(/\/+$/, '');
  return path_style ? `${base}/${bucket}` : base.replace('://', `://${bucket}.`);
}

/** A key has slashes that stay, and may have anything else. */
export function objectUrl(bucketUrl: string, key: string): string {
  return `${bucketUrl}/${key.split('/').map(encodeURIComponent).join('/')}`;
}
