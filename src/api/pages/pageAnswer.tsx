/** What a reader gets: a page in their language within the frame of all, and what a browser may do with it. */
import type { Context } from 'koa';
import { render } from 'preact-render-to-string';
import { csvText } from '../../core/text/csv.ts';
import { setMaxAge } from '../../edge/http/caching.ts';
import { tagAnswer } from '../../edge/http/entityTag.ts';
import { PAGE_HEADERS, pageAssets } from './assets.ts';
import { Frame } from './frame.tsx';
import { makeLinks, ownPath, type Page, type PageRequest, type Shown } from './page.ts';
import { ProblemMain, problemTitle } from './problem.tsx';
import { PAGES } from './registry.ts';
import { chooseLanguage } from './texts/languages.ts';

/** What a reader has asked for, whatever the page. */
export type Reader = Pick<PageRequest, 'query' | 'texts' | 'links'>;

/** What the frame says of this host. */
export interface Host {
  /** Its name, which people know this service by. */
  readonly siteName: string;
  readonly version: string;
}

/** For a page that cannot be made now. */
const RETRY_AFTER_SECONDS = '30';

export function readerOf(ctx: Context): Reader {
  const query = new URLSearchParams(ctx.querystring);
  const { texts, chosen } = chooseLanguage(query.get('lang'), ctx.acceptsLanguages());
  ctx.vary('Accept-Language');
  return { query, texts, links: makeLinks(chosen ? texts.language : undefined) };
}

export function sendPage(
  ctx: Context,
  page: Pick<Page, 'path' | 'cacheSeconds'>,
  shown: Shown,
  { query, texts, links }: Reader,
  { siteName, version }: Host,
): void {
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
      siteName={siteName}
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
