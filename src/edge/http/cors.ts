/**
 * Cross-origin headers (protocol, data 3.5), for every answer, errors included: everyone may read,
 * trusted origins may do all, with credentials. Who is trusted is the caller's to say.
 */
import type { Middleware } from 'koa';

const ALL_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const PREFLIGHT_MAX_AGE_SECONDS = '600';

/** `isTrusted` is asked with the `Origin` of a request as it was sent. */
export function cors(isTrusted: (origin: string) => boolean): Middleware {
  return async (ctx, next) => {
    const origin = ctx.get('Origin');
    // Caches must not hand one origin's answer to another.
    ctx.vary('Origin');
    if (origin === '') return next();
    const method = ctx.get('Access-Control-Request-Method');
    const trusted = isTrusted(origin);
    if (ctx.method === 'OPTIONS' && method !== '') {
      answerPreflight(ctx, origin, method, trusted);
      return;
    }
    if (trusted) {
      ctx.set('Access-Control-Allow-Origin', origin);
      ctx.set('Access-Control-Allow-Credentials', 'true');
    } else if (isRead(ctx.method)) {
      // Public data, for researchers' pages anywhere: never with credentials.
      ctx.set('Access-Control-Allow-Origin', '*');
    }
    await next();
  };
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function answerPreflight(
  ctx: Parameters<Middleware>[0],
  origin: string,
  method: string,
  trusted: boolean,
): void {
  ctx.type = 'text/plain';
  if (!trusted && !isRead(method)) {
    ctx.status = 400;
    ctx.body = 'Disallowed CORS origin';
    return;
  }
  ctx.set('Access-Control-Allow-Origin', trusted ? origin : '*');
  if (trusted) ctx.set('Access-Control-Allow-Credentials', 'true');
  ctx.set('Access-Control-Allow-Methods', trusted ? ALL_METHODS : 'GET, HEAD');
  ctx.set('Access-Control-Max-Age', PREFLIGHT_MAX_AGE_SECONDS);
  const headers = ctx.get('Access-Control-Request-Headers');
  if (headers !== '') ctx.set('Access-Control-Allow-Headers', headers);
  ctx.body = 'OK';
}
