/** Every endpoint that is a value. To add one: its file, a line here, its tests (CONTRIBUTING.md). */
import { aggregation } from './aggregation/aggregation.ts';
import { torsfStats } from './aggregation/torsfStats.ts';
import { analysisAggregation } from './analysis/aggregation.ts';
import { analysis } from './analysis/analysis.ts';
import { changepoints } from './analysis/changepoints.ts';
import type { AnyEndpoint } from './endpoint.ts';
import { EXPLORER_ENDPOINTS } from './explorer/index.ts';
import { measurementMeta } from './measurements/meta.ts';
import { observationsAggregation } from './observations/aggregation.ts';
import { observationsCtrl } from './observations/ctrl.ts';
import { observations } from './observations/observations.ts';

export const ENDPOINTS: readonly AnyEndpoint[] = [
  measurementMeta,
  aggregation,
  observations,
  observationsAggregation,
  observationsCtrl,
  analysis,
  analysisAggregation,
  changepoints,
  torsfStats,
  ...EXPLORER_ENDPOINTS,
];
