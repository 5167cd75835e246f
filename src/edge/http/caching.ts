/** How long caches may keep an answer (protocol, data 3.3). */
import type { Context } from 'koa';

/**
 * `max-age`, and for a cache in front that says that it asks anew by itself (Surrogate-Capability: our
 * nginx site), how long it may answer with what is older: `staleSeconds` while it asks, an hour while we
 * cannot be reached. Never longer: what was submitted must be found soon.
 */
export function setMaxAge(ctx: Context, seconds: number, staleSeconds = 0): void {
  const canBeStale = staleSeconds > 0 && ctx.get('Surrogate-Capability') !== '';
  const stale = `, stale-while-revalidate=${staleSeconds}, stale-if-error=${STALE_IF_ERROR_SECONDS}`;
  ctx.set('Cache-Control', `max-age=${seconds}${canBeStale ? stale : ''}`);
}

const STALE_IF_ERROR_SECONDS = 3_600;
