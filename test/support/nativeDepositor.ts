/** The native module as the build made it, where the sources that are tested lie elsewhere. */
import { resolve } from 'node:path';
import type { Depositor, DepositorParts } from '../../src/edge/spool/deposit/deposit.ts';
import { openNativeDepositor } from '../../src/edge/spool/deposit/native.ts';

export const BUILT_MODULE = resolve('dist/deposit.node');

/** Throws when it cannot be used: a test that ran on without it would say nothing. */
export function openNative(parts: DepositorParts, path = BUILT_MODULE): Depositor {
  const opened = openNativeDepositor(parts, path);
  if (opened.kind === 'unusable') throw new Error(`${opened.reason} (make build)`);
  return opened.depositor;
}
