/** Registration and login of probes, and what they tell of themselves (protocol, probes 3.10 to 3.12). */
import type { Context } from 'koa';
import {
  clientIdClaims,
  LOGIN_AUDIENCE,
  readLogin,
  registeredAt,
  tokenClaims,
  tokenExpiry,
} from '../../../core/probe/tokens.ts';
import { objectBody } from '../../../core/validation/bodyIssues.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { SignedTokens } from '../../../edge/tokens/signedTokens.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface TokenRouteParts {
  readonly tokens: SignedTokens;
  readonly bodies: JsonBodies;
  readonly nowMs: () => number;
  readonly metrics: Pick<ApiMetrics, 'probeLogins'>;
}

export function tokenRoutes({ tokens, bodies, nowMs, metrics }: TokenRouteParts): RouteFamily {
  /** undefined: refused. null: by an id of the old registry. */
  const whoLogsIn = async (body: unknown, atMs: number): Promise<number | null | undefined> => {
    const login = readLogin(body);
    if (login.kind === 'missing') return undefined;
    if (login.kind === 'legacy') return null;
    const check = await tokens.check(login.token, LOGIN_AUDIENCE, atMs);
    return check.kind === 'ok' ? registeredAt(check.claims, atMs) : undefined;
  };

  const login = async (ctx: Context) => {
    const body = await bodies.read(ctx);
    if (body === undefined) return;
    const object = objectBody(body);
    if (object.kind === 'invalid') return sendIssues(ctx, object.issues);
    const atMs = nowMs();
    const registered = await whoLogsIn(object.object, atMs);
    const outcome = registered === undefined ? 'refused' : registered === null ? 'legacy' : 'ok';
    metrics.probeLogins.inc({ outcome });
    if (registered === undefined) {
      const isMissing = readLogin(object.object).kind === 'missing';
      return sendError(ctx, 401, isMissing ? 'Missing credentials' : 'Invalid credentials');
    }
    ctx.set('Cache-Control', 'no-cache');
    sendJson(ctx, { token: await tokens.sign(tokenClaims(registered)), expire: tokenExpiry(atMs) });
  };

  return (router) => {
    router.post('/api/v1/register', async (ctx) => {
      const body = await bodies.read(ctx);
      if (body === undefined) return;
      const object = objectBody(body);
      // What is in it does not matter, since nothing of it is kept.
      if (object.kind === 'invalid') return sendIssues(ctx, object.issues);
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { client_id: await tokens.sign(clientIdClaims(nowMs())) });
    });

    router.post('/api/v1/login', login);

    // Old probes tell what has become of them, with token and password: not looked at.
    router.put('/api/v1/update/:clientId', (ctx) => {
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, { status: 'ok' });
    });
  };
}
