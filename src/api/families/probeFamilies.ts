/** What probes ask before and between their measurements. */
import type { FamilyGroup } from '../routeFamily.ts';
import { testHelperRoute } from '../routes/probe/testHelpers.ts';
import type { SharedParts } from './sharedParts.ts';

export function openProbeServices({ config }: SharedParts): FamilyGroup {
  return {
    families: [
      // Check-in and lists of what to measure.
      // Helpers, collectors, tokens, configurations of tools.
      testHelperRoute({ config: config.test_helpers, random: Math.random }),
    ],
  };
}
