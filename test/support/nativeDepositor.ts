/** The native module as the build made it. */
import { resolve } from 'node:path';
import type { Depositor, DepositorParts } from '../../src/edge/spool/deposit/deposit.ts';
import { openNativeDepositor } from '../../src/edge/spool/deposit/native.ts';

/** Throws when it cannot be used: a test that ran on without it would say nothing. */
export function openNative(
  parts: DepositorParts,
  path: string = resolve('dist/native.node'),
): Depositor {
  const opened = openNativeDepositor(parts, path);
  if (opened.kind === 'unusable') throw new Error(`${opened.reason} (make build)`);
  return opened.depositor;
}
