/** A fault is a page too: also one that was found before any page was asked, or behind its back. */
import type { Middleware } from 'koa';
import { type Host, readerOf, sendPage } from './pageAnswer.tsx';

/**
 * For what nobody's page said of an address of pages: the quota is used up, the method is none of theirs, the path does
 * not decode, or a page is broken. Programs, which do not ask for HTML, get it as they get all faults.
 */
export function pageFaults(host: Host): Middleware {
  return async (ctx, next) => {
    await next();
    const ofPages = ctx.path === '/' || ctx.path.startsWith('/ui/');
    if (!ofPages || ctx.status < 400 || ctx.response.is('html') === 'html') return;
    ctx.vary('Accept');
    if (ctx.accepts('json', 'html') !== 'html') return;
    const { status } = ctx;
    sendPage(ctx, { path: '', cacheSeconds: 0 }, { kind: 'problem', status }, readerOf(ctx), host);
  };
}
