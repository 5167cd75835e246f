/** Serves pages for people: the language, the frame, what a browser may do with them, and what went wrong. */
import type Router from '@koa/router';
import type { Context, Next } from 'koa';
import { render } from 'preact-render-to-string';
import { openApi } from '../../core/endpoints/openapi.ts';
import { csvText } from '../../core/text/csv.ts';
import { setMaxAge } from '../../edge/http/caching.ts';
import { tagAnswer } from '../../edge/http/entityTag.ts';
import { sendJson } from '../../edge/http/errorAnswers.ts';
import { redirect } from '../../edge/http/redirect.ts';
import { errorText, type Log } from '../../log/log.ts';
import { QueryError } from '../database.ts';
import type { RouteFamily } from '../routeFamily.ts';
import { ROUTES } from './apiDocs.tsx';
import { ASSETS, assetRoute, PAGE_HEADERS, pageAssets } from './assets.ts';
import { Frame } from './frame.tsx';
import { makeLinks, ownPath, type Page, type PageSources, type Shown } from './page.ts';
import { ProblemMain, problemTitle } from './problem.tsx';
import { PAGES } from './registry.ts';
import { chooseLanguage } from './texts/languages.ts';

export interface PageRouteParts {
  readonly sources: PageSources;
  readonly version: string;
  readonly nowMs: () => number;
  readonly log: Log;
}

const OPENAPI_SECONDS = 3_600;
/** For a page that cannot be made now. */
const RETRY_AFTER_SECONDS = '30';

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
        sendJson(ctx, openApi(ROUTES, parts.version));
        tagAnswer(ctx);
      });
    router.get('/ui', (ctx) => redirect(ctx, 307, `/${ctx.search}`));
    router.get('/ui/{*rest}', (ctx) => serve(ctx, NOT_THERE, parts));
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
  const { sources, version, nowMs, log } = parts;
  const query = new URLSearchParams(ctx.querystring);
  const { texts, chosen } = chooseLanguage(query.get('lang'), ctx.acceptsLanguages());
  const links = makeLinks(chosen ? texts.language : undefined);
  ctx.vary('Accept-Language');
  let shown: Shown;
  try {
    shown = await page.show({ ctx, sources, query, nowMs: nowMs(), texts, links });
  } catch (error) {
    if (!(error instanceof QueryError) || error.reason === 'cancelled') throw error;
    if (error.reason === 'error' || error.reason === 'busy')
      log.warning('a page cannot be made: the database does not answer', {
        page: page.path,
        error: errorText(error.cause),
      });
    const status = { timeout: 504, too_much: 422, busy: 503, full: 503, error: 503 }[error.reason];
    shown = { kind: 'problem', status };
  }
  if (shown.kind === 'csv') {
    ctx.status = 200;
    ctx.set('Content-Type', 'text/csv; charset=utf-8');
    ctx.set('Content-Disposition', `attachment; filename=${shown.fileName}`);
    setMaxAge(ctx, page.cacheSeconds);
    ctx.body = csvText(shown.rows as Readonly<Record<string, unknown>>[]);
    return;
  }
  const html = render(
    <Frame
      texts={texts}
      links={links}
      title={shown.kind === 'page' ? shown.title : problemTitle(shown, texts)}
      siteName={sources.siteName}
      version={version}
      assets={pageAssets}
      navigation={PAGES.flatMap(({ path, nav }) =>
        nav === undefined ? [] : [{ path, name: texts.nav[nav] }],
      )}
      path={page.path}
      inLanguage={(language) => inLanguage(ctx, query, language)}
    >
      {shown.kind === 'page' ? (
        shown.main
      ) : (
        <ProblemMain problem={shown} texts={texts} links={links} />
      )}
    </Frame>,
  );
  const status = shown.kind === 'page' ? (shown.status ?? 200) : shown.status;
  ctx.status = status;
  ctx.set(PAGE_HEADERS);
  if (status === 200) setMaxAge(ctx, page.cacheSeconds, page.cacheSeconds / 2);
  else ctx.set('Cache-Control', 'no-cache');
  if (status === 503) ctx.set('Retry-After', RETRY_AFTER_SECONDS);
  ctx.body = Buffer.from(`<!DOCTYPE html>${html}`);
  tagAnswer(ctx);
}

/** The address of this very page, but for its language. */
function inLanguage(ctx: Context, query: URLSearchParams, language: string): string {
  const changed = new URLSearchParams(query);
  changed.set('lang', language);
  return `${ownPath(ctx)}?${changed}`;
}
