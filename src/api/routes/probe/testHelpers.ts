/** GET /api/v1/test-helpers, which is the first that a probe asks, to see whether we live (protocol, probes 3.7). */
import {
  TEST_HELPER_NAMES,
  type TestHelperConfig,
  testHelpers,
} from '../../../core/probe/testHelpers.ts';
import { sendJson } from '../../../edge/http/errorAnswers.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export function testHelperRoute(parts: {
  readonly config: TestHelperConfig;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}): RouteFamily {
  return (router) => {
    router.get('/api/v1/test-helpers', (ctx) => {
      const helpers = testHelpers(parts.config, parts.random);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(
        ctx,
        Object.fromEntries(
          TEST_HELPER_NAMES.map((name) => [
            name,
            helpers[name].map(({ address, type, front = null }) => ({ address, type, front })),
          ]),
        ),
      );
    });
  };
}
