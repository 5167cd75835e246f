/** Serves pages for people, and says what went wrong in the form of one. */
import type Router from '@koa/router';
import type { Context, Next } from 'koa';
import { openApi } from '../../core/endpoints/openapi.ts';
import { setMaxAge } from '../../edge/http/caching.ts';
import { tagAnswer } from '../../edge/http/entityTag.ts';
import { sendJson } from '../../edge/http/errorAnswers.ts';
import { SLASHES_AT_END } from '../../edge/http/fallbacks.ts';
import { redirect } from '../../edge/http/redirect.ts';
import { errorText, type Log } from '../../log/log.ts';
import { noteGivenUp, QueryError } from '../database.ts';
import type { RouteFamily } from '../routeFamily.ts';
import { ROUTES } from './apiDocs.tsx';
import { ASSETS, assetRoute } from './assets.ts';
import type { Page, PageSources, Shown } from './page.ts';
import { type Host, readerOf, sendPage } from './pageAnswer.tsx';
import { PAGES } from './registry.ts';

export interface PageRouteParts {
  readonly sources: PageSources;
  readonly host: Host;
  readonly nowMs: () => number;
  readonly log: Log;
}

const OPENAPI_SECONDS = 3_600;

export function pageRoutes(parts: PageRouteParts): RouteFamily {
  return (router: Router) => {
    for (const page of PAGES) {
      if (page.path === '/') router.get('/', (ctx, next) => landing(ctx, next, page, parts));
      else router.get(page.path, (ctx) => serve(ctx, page, parts));
    }
    for (const asset of ASSETS) router.get(asset.path, (ctx) => assetRoute(ctx, asset));
    for (const path of ['/ui/openapi.json', '/openapi.json'])
      router.get(path, (ctx) => {
        setMaxAge(ctx, OPENAPI_SECONDS);
        sendJson(ctx, openApi(ROUTES, parts.host.version));
        tagAnswer(ctx);
      });
    router.get('/ui', (ctx) => redirect(ctx, 307, `/${ctx.search}`));
    router.get('/ui/{*rest}', (ctx) => {
      // A slash too many, as everywhere (protocol, data 3.4).
      if (ctx.path.endsWith('/'))
        return redirect(ctx, 307, ctx.path.replace(SLASHES_AT_END, '') + ctx.search);
      return serve(ctx, NOT_THERE, parts);
    });
  };
}

/** Whoever does not say that it reads HTML gets the greeting that stands here for programs. */
async function landing(ctx: Context, next: Next, page: Page, parts: PageRouteParts): Promise<void> {
  ctx.vary('Accept');
  if (ctx.accepts('json', 'html') === 'html') await serve(ctx, page, parts);
  else await next();
}

const NOT_THERE: Page = {
  path: '/ui/{*rest}',
  cacheSeconds: 60,
  show: async () => ({ kind: 'problem', status: 404 }),
};

async function serve(ctx: Context, page: Page, parts: PageRouteParts): Promise<void> {
  const { sources, host, nowMs, log } = parts;
  const reader = readerOf(ctx);
  let shown: Shown;
  try {
    shown = await page.show({ ctx, sources, nowMs: nowMs(), ...reader });
  } catch (error) {
    if (!(error instanceof QueryError) || error.reason === 'cancelled') throw error;
    noteGivenUp(ctx, error);
    if (error.reason === 'error' || error.reason === 'busy')
      log.warning('a page cannot be made: the database does not answer', {
        page: page.path,
        error: errorText(error.cause),
      });
    const status = { timeout: 504, too_much: 422, busy: 503, full: 503, error: 503 }[error.reason];
    shown = { kind: 'problem', status };
  }
  sendPage(ctx, page, shown, reader, host);
}
