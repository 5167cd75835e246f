/** The native module as the build made it. */
import { resolve } from 'node:path';
import type { Deflater } from '../../src/edge/gzip/deflater.ts';
import { openNativeDeflater } from '../../src/edge/gzip/native.ts';

/** Throws when it cannot be used: a test that ran on without it would say nothing. */
export function openNativeDeflaterOrThrow(
  level: number,
  path: string = resolve('dist/native.node'),
): Deflater {
  const opened = openNativeDeflater(level, path);
  if (opened.kind === 'unusable') throw new Error(`${opened.reason} (make build)`);
  return opened.deflater;
}
