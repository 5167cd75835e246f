import { asObject, type JsonObject } from './values.ts';

/** A measurement as the probe sent it, after unwrapping. Every member is still untrusted. */
export type Measurement = JsonObject;

/** `tk` of docs/protocol/scoring.md: the test keys, empty when missing or null. */
export function testKeysOf(measurement: Measurement): JsonObject {
  return asObject(measurement.test_keys ?? {}, 'test_keys');
}
