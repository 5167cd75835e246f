/** Archived objects as the uploader, and its predecessors, made them. */
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { xxh32Of } from '../../../src/core/replay/xxh32.ts';

export const START_TIME = '2021-08-17 15:01:02';

let made = 0;

/** A measurement of its own report; `content` adds to it. */
export function measurement(content: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    report_id: `20210817T150102Z_ndt_IT_30722_n1_${String(made++).padStart(16, '0')}`,
    probe_asn: 'AS30722',
    probe_cc: 'IT',
    test_name: 'ndt',
    test_start_time: START_TIME,
    measurement_start_time: START_TIME,
    input: null,
    test_keys: {},
    ...content,
  };
}

/** A web_connectivity measurement that the fingerprint of `fingerprintRows` confirms. */
export function blocked(content: Record<string, unknown> = {}): Record<string, unknown> {
  return measurement({
    test_name: 'web_connectivity',
    input: 'http://example.org/',
    test_keys: {
      blocking: 'http-diff',
      accessible: false,
      requests: [{ response: { body: '<p>BLOCKED BY ORDER</p>', headers: {} } }],
    },
    ...content,
  });
}

export const post = (content: unknown, isVerified = 'u') =>
  JSON.stringify({ format: 'json', content, is_verified: isVerified });

let uids = 0;
export const newUid = (test = 'ndt') =>
  `20210817150203.${String(uids++).padStart(6, '0')}_IT_${test}_0123456789abcdef`;

export const lines = (...values: unknown[]) =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');

/** With names as long as the old uploader's: its tars need extended headers. */
export async function tar(members: Readonly<Record<string, string>>): Promise<Buffer> {
  const packer = pack();
  const folder = 'var/lib/ooniapi/measurements/incoming/2021081715_IT_ndt/';
  for (const [name, text] of Object.entries(members))
    packer.entry({ name: name.includes('/') ? name : folder + name }, text);
  packer.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of packer) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

export const gz = (bytes: string | Buffer) => gzipSync(bytes);

/** Frames of blocks that are not compressed; test/core/replay has compressed ones. */
export function lz4(text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.from([0x60, 0x40]);
  const parts: Buffer[] = [Buffer.from('04224d18', 'hex'), header];
  parts.push(Buffer.from([(xxh32Of(header) >> 8) & 0xff]));
  for (let at = 0; at < bytes.length; at += 65_536) {
    const block = bytes.subarray(at, at + 65_536);
    const size = Buffer.alloc(4);
    size.writeUInt32LE((block.length | 0x8000_0000) >>> 0);
    parts.push(size, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}
