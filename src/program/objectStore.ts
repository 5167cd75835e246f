/** The bucket as a program's config has it. */
import { fileURLToPath } from 'node:url';
import type { S3Config } from '../config/common.ts';
import { parseS3Credentials, readSecret } from '../config/credentials.ts';
import { openFolder } from '../edge/objects/folder.ts';
import { openS3 } from '../edge/objects/s3.ts';
import type { UploadLimits } from '../edge/objects/s3Upload.ts';
import type { ObjectStore } from '../edge/objects/store.ts';

/** Opens the bucket: a folder for `file:///…`, else S3. Throws ConfigError for unusable credentials. */
export function openObjects(
  config: S3Config,
  configFile: string,
  limits?: UploadLimits,
): ObjectStore {
  if (config.bucket.startsWith('file://')) return openFolder(fileURLToPath(config.bucket));
  const secret = readSecret(
    { credential: 's3-credentials', key: 's3.credentials_file', file: config.credentials_file },
    configFile,
  );
  return openS3({
    bucket: config.bucket,
    endpoint: config.endpoint,
    region: config.region,
    pathStyle: config.path_style,
    credentials: secret === undefined ? undefined : parseS3Credentials(secret, configFile),
    requestTimeoutMs: config.request_timeout_ms,
    maxAttempts: config.max_attempts,
    ...(limits === undefined ? {} : { limits }),
  });
}
