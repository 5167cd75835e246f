/** Refuses clients that have used up the server's time (protocol, data 3.6). */
import type { Context, Middleware } from 'koa';
import { BULK_HINT } from '../../core/endpoints/bulk/bulkHint.ts';
import { costUnits, leastUnits } from '../../core/quotas/metered.ts';
import { clientNetwork } from '../../core/text/clientNetwork.ts';
import { sendJson } from '../../edge/http/errorAnswers.ts';
import { isGivenUp } from '../database.ts';
import type { Requests } from '../requests.ts';
import type { WorkerQuotas } from './workerQuotas.ts';

const REMAINING = 'X-RateLimit-Remaining';

export interface QuotaParts {
  readonly quotas: WorkerQuotas;
  readonly requests: Requests;
  /** Addresses without limits. */
  readonly exempt: ReadonlySet<string>;
  /** Whose token the request has, by its signature alone; undefined without a good one. */
  readonly accountOf: (ctx: Context) => Promise<string | undefined>;
}

/**
 * A request is its address' and its account's: both must have something left, so that neither many addresses
 * nor many accounts have more than one.
 */
export function limitByQuota({ quotas, requests, exempt, accountOf }: QuotaParts): Middleware {
  return async (ctx, next) => {
    const least = leastUnits(ctx.method, ctx.path);
    if (least === undefined) return next();
    const address = requests.clientAddress(ctx);
    if (exempt.has(address)) return next();
    const account = await accountOf(ctx);
    const clients = [
      clientNetwork(address),
      account === undefined ? '' : `account ${account}`,
    ].filter((client) => client !== '');
    const standing = quotas.standing(clients);
    if (standing !== undefined && standing.remaining <= 0) {
      const message = `quota exceeded: come back later; ${BULK_HINT}`;
      sendJson(ctx, { detail: message, error: 'quota exceeded', message }, 429);
      ctx.set('Cache-Control', 'no-cache');
      ctx.set(REMAINING, '0');
      ctx.set('Retry-After', String(Math.max(1, standing.retryAfterS)));
      return;
    }
    const startMs = performance.now();
    try {
      await next();
    } finally {
      const units = costUnits(performance.now() - startMs, least, isGivenUp(ctx));
      quotas.spend(clients, units);
      if (standing !== undefined)
        ctx.set(REMAINING, String(Math.max(0, standing.remaining - units)));
    }
  };
}
