/** GET /api/v1/test-helpers, which is the first that a probe asks, to see whether we live (protocol, probes 3.7). */
import { type TestHelperConfig, testHelperTexts } from '../../../core/probe/testHelpers.ts';
import { sendJsonText } from '../../../edge/http/errorAnswers.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export function testHelperRoute(parts: {
  readonly config: TestHelperConfig;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}): RouteFamily {
  const textOf = testHelperTexts(parts.config, ({ address, type, front = null }) => ({
    address,
    type,
    front,
  }));
  return (router) => {
    router.get('/api/v1/test-helpers', (ctx) => {
      ctx.set('Cache-Control', 'no-cache');
      sendJsonText(ctx, textOf(parts.random));
    });
  };
}
