import type { JsonObject } from './values.ts';

/**
 * Whether the probe itself met an error it could not name: such a measurement says nothing about the
 * network (protocol, scoring 3.1 step 6).
 */
export function hasUnknownFailure(testKeys: JsonObject): boolean {
  return Object.entries(testKeys).some(
    ([name, value]) =>
      name.endsWith('_failure') && typeof value === 'string' && value.startsWith('unknown_failure'),
  );
}
