/** Every endpoint that is a value. To add one: its file, a line here, its tests (CONTRIBUTING.md). */
import { aggregation } from './aggregation/aggregation.ts';
import { torsfStats } from './aggregation/torsfStats.ts';
import { analysis } from './analysis/analysis.ts';
import { analysisAggregation } from './analysis/analysisAggregation.ts';
import { changepoints } from './analysis/changepoints.ts';
import { fileCounts } from './bulk/fileCounts.ts';
import type { AnyEndpoint } from './endpoint.ts';
import { EXPLORER_ENDPOINTS } from './explorer/explorerEndpoints.ts';
import { measurementMeta } from './measurements/measurementMeta.ts';
import { observations } from './observations/observations.ts';
import { observationsAggregation } from './observations/observationsAggregation.ts';
import { observationsCtrl } from './observations/observationsCtrl.ts';
import { countriesPrioritization } from './prioritisation/countriesPrioritization.ts';

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
  fileCounts,
  countriesPrioritization,
  ...EXPLORER_ENDPOINTS,
];
