/** Pieces of schema that more than one program's config has, each with the text of what it expects. */
import { isIP } from 'node:net';
import { z } from 'zod';

export const absolutePath = z
  .string()
  .refine((text) => text.startsWith('/'), { error: 'an absolute path' });

/** sun_path holds 108 bytes with its end; a longer path would be cut off without a word. */
export const socketPath = absolutePath.refine((text) => Buffer.byteLength(text) <= 107, {
  error: 'a path of at most 107 bytes, the limit for Unix sockets',
});

export const httpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'an http:// or https:// URL',
    abort: true,
  })
  // The config can be read by every user, and addresses are logged.
  .refine((text) => !hasUserInfo(new URL(text)), {
    error: 'a URL without user and password: secrets are credentials',
  });

export function hasUserInfo(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}

function isOrigin({ pathname, search }: URL): boolean {
  return pathname === '/' && search === '';
}

/** A bucket: an S3 bucket name, or a folder as file:///path. */
const bucketName = z
  .string()
  .refine((text) => /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(text) || /^file:\/\/\/./.test(text), {
    error: 'an S3 bucket name, or a folder as file:///path',
  });

const wholeNumber = z.int();

/** A whole number within bounds, with a default. */
export const count = (min: number, max: number, byDefault: number) =>
  wholeNumber.min(min).max(max).default(byDefault);

/** Host and port to listen on: `127.0.0.1:8080` or `[::1]:8080`. */
export const listenAddress = z.string().refine(
  (text) => {
    const match = /^(\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text);
    return match !== null && Number(match[2]) <= 65535;
  },
  { error: 'an address and port, like "127.0.0.1:8080"' },
);

/** Splits a checked listen address. */
export function splitAddress(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
  };
}

/** An address, or a network as address and length of its prefix: `10.0.0.0/8`. */
export const networkAddress = z.string().refine(
  (text) => {
    const [address = '', length, ...more] = text.split('/');
    const bits = isIP(address) === 4 ? 32 : 128;
    const isLength = length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits);
    return isIP(address) !== 0 && isLength && more.length === 0;
  },
  { error: 'an address or a network, like "192.0.2.7" or "2001:db8::/32"' },
);

/** Told apart between hosts: part of report ids and of object names (protocol, probes 4.1). */
export const collectorId = z.string().regex(/^[a-z0-9]{1,8}$/, {
  error: 'one to eight lower-case letters or digits, different on each host',
});

/** Of the disk, for all that is in `quarantine/`. */
export const quarantineMaxBytes = count(0, 1_125_899_906_842_624, 1_073_741_824);

export const logLevel = z.enum(['err', 'warning', 'info', 'debug']).default('info');

export const clickhouseSection = z.strictObject({
  url: httpUrl
    // A path would be taken for a database and a query for settings, by some queries and not by others.
    .refine((text) => !URL.canParse(text) || isOrigin(new URL(text)), {
      error: 'a URL without path and query: the database has a key of its own',
    })
    .default('http://127.0.0.1:8123'),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'a ClickHouse database name' })
    .default('ooni'),
  username: z.string().default('default'),
  /** File with the password; the systemd credential `clickhouse-password` wins over it. */
  password_file: absolutePath.optional(),
  request_timeout_ms: count(100, 600_000, 30_000),
});
export type ClickHouseConfig = z.output<typeof clickhouseSection>;

export const s3Section = z.strictObject({
  /** Bucket name, or a folder as file:///path for a single host without S3. */
  bucket: bucketName,
  endpoint: httpUrl.optional(),
  region: z.string().min(1).default('eu-central-1'),
  path_style: z.boolean().default(false),
  /**
   * File with the lines `access_key_id=…` and `secret_access_key=…`; the systemd credential
   * `s3-credentials` wins over it, and the AWS SDK's own sources serve when there is neither.
   */
  credentials_file: absolutePath.optional(),
  request_timeout_ms: count(100, 600_000, 30_000),
  max_attempts: count(1, 20, 5),
});
export type S3Config = z.output<typeof s3Section>;
