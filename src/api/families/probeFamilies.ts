/** What probes ask before and between their measurements. */
import type { FamilyGroup } from '../routeFamily.ts';
import type { SharedParts } from './sharedParts.ts';

export function openProbeServices(_shared: SharedParts): FamilyGroup {
  return {
    families: [
      // Check-in and lists of what to measure.
      // Helpers, collectors, tokens, configurations of tools.
    ],
  };
}
