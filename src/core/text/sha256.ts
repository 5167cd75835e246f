import { hash } from 'node:crypto';

/** Hexadecimal, as logs, manifests and file names have it. */
export function sha256Hex(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
