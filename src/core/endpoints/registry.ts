/** Every endpoint that is a value. To add one: its file, a line here, its tests (CONTRIBUTING.md). */
import { aggregation } from './aggregation/aggregation.ts';
import type { AnyEndpoint } from './endpoint.ts';
import { EXPLORER_ENDPOINTS } from './explorer/index.ts';
import { measurementMeta } from './measurements/meta.ts';

export const ENDPOINTS: readonly AnyEndpoint[] = [
  measurementMeta,
  aggregation,
  ...EXPLORER_ENDPOINTS,
];
