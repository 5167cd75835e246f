/** Links of the old web site, for browsers, crawlers and monitors (protocol, probes 3.18). */
import type { Context } from 'koa';
import { countryPage, dayPage, type Moved, ROBOTS_TEXT } from '../../core/probe/oldPages.ts';
import { setMaxAge } from '../../edge/http/caching.ts';
import { sendError } from '../../edge/http/errorAnswers.ts';
import { redirect } from '../../edge/http/redirect.ts';
import type { RouteFamily } from '../routeFamily.ts';

const DAY_SECONDS = 86_400;

/** `explorerUrl`: without slash at the end. */
export function oldPageRoutes({ explorerUrl }: { readonly explorerUrl: string }): RouteFamily {
  return (router) => {
    router.get('/robots.txt', (ctx) => {
      setMaxAge(ctx, DAY_SECONDS);
      ctx.type = 'text/plain';
      ctx.body = ROBOTS_TEXT;
    });
    router.get('/stats', (ctx) => redirect(ctx, 301, explorerUrl));
    for (const path of ['/files', '/files/by_date', '/files/by_country'])
      router.get(path, (ctx) => redirect(ctx, 301, `${explorerUrl}/search`));
    router.get('/files/by_date/:day', (ctx) =>
      answer(ctx, dayPage(explorerUrl, ctx.params.day!), 400),
    );
    router.get('/files/by_country/:cc', (ctx) =>
      answer(ctx, countryPage(explorerUrl, ctx.params.cc!), 400),
    );
    router.get(DAY_PATH, (ctx) => answer(ctx, dayPage(explorerUrl, ctx.path.slice(1)), 404));
    router.get(DAY_FILE_PATH, (ctx) =>
      redirect(ctx, 302, `/files/download/${ctx.path.slice(DAY_LENGTH + 2)}`),
    );
    // Where the ancestor's services describe themselves.
    for (const path of ['/api', '/apidocs', '/docs', '/redoc'])
      router.get(path, (ctx) => redirect(ctx, 302, '/ui/api'));
    router.get('/files/download/:name', (ctx) => redirect(ctx, 301, `${explorerUrl}/`));
  };
}

const DAY_LENGTH = 10;
/** Of the whole path, so that other paths without a route stay so. */
const DAY_PATH = /^\/\d{4}-\d\d-\d\d$/;
/** Nothing that a Location header could not hold. */
const DAY_FILE_PATH = /^\/\d{4}-\d\d-\d\d\/[\w.-]{1,200}\.json$/;

function answer(ctx: Context, page: Moved, badStatus: 400 | 404): void {
  if (page.kind === 'moved') redirect(ctx, 301, page.to);
  else sendError(ctx, badStatus, badStatus === 404 ? 'Not Found' : 'Bad date or country');
}
