/**
 * Configurations of tools (protocol, probes 3.13 to 3.15). What they hold is for probes alone: it stands in no
 * log, and in no cache.
 */
import type { Context } from 'koa';
import { bearerToken, TOKEN_AUDIENCE } from '../../../core/probe/tokens.ts';
import { type ToolConfig, type VpnProvider, vpnAnswer } from '../../../core/probe/toolConfigs.ts';
import {
  sendError,
  sendJson,
  sendJsonText,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { SignedTokens } from '../../../edge/tokens/signedTokens.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export const VPN_PROVIDER = 'riseupvpn';

export interface ToolConfigRouteParts {
  readonly torTargets: () => ToolConfig | undefined;
  readonly psiphonConfig: () => ToolConfig | undefined;
  readonly vpnProvider: () => VpnProvider | undefined;
  readonly tokens: SignedTokens;
  /** Whether a probe must show the token of its login. */
  readonly requireToken: boolean;
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

const RETRY_AFTER_SECONDS = 3_600;

export function toolConfigRoutes(parts: ToolConfigRouteParts): RouteFamily {
  /** False: refused, and the answer is set. */
  const isAllowed = async (ctx: Context): Promise<boolean> => {
    if (!parts.requireToken) return true;
    const bearer = bearerToken(ctx.get('Authorization'));
    if (bearer.kind === 'malformed') {
      sendError(ctx, 400, 'Invalid token format');
      return false;
    }
    const check = await parts.tokens.check(bearer.token, TOKEN_AUDIENCE, parts.nowMs());
    if (check.kind !== 'ok') sendError(ctx, 401, 'Invalid credentials');
    return check.kind === 'ok';
  };

  const serve = (current: () => ToolConfig | undefined, name: string) => async (ctx: Context) => {
    if (!(await isAllowed(ctx))) return;
    const config = current();
    if (config === undefined)
      return sendUnavailable(ctx, `Invalid ${name}: not available`, RETRY_AFTER_SECONDS);
    ctx.set('Cache-Control', 'no-cache');
    sendJsonText(ctx, config.text);
  };

  return (router) => {
    router.get('/api/v1/test-list/tor-targets', serve(parts.torTargets, 'tor-targets'));
    router.get('/api/v1/test-list/psiphon-config', serve(parts.psiphonConfig, 'psiphon-config'));
    router.get('/api/v2/ooniprobe/vpn-config/:provider', (ctx) => {
      if (ctx.params.provider !== VPN_PROVIDER) return sendError(ctx, 404, 'provider not found');
      const provider = parts.vpnProvider();
      if (provider === undefined)
        return sendUnavailable(ctx, 'could not fetch credentials', RETRY_AFTER_SECONDS);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, vpnAnswer(provider, VPN_PROVIDER, parts.random));
    });
  };
}
