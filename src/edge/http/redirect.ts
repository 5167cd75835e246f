/** An answer that sends its reader elsewhere. */
import type { Context } from 'koa';

/** `to`: an address as it is to stand in the header; no body, which would be a page of the framework's. */
export function redirect(ctx: Context, status: 301 | 302 | 307, to: string): void {
  ctx.set('Location', to);
  ctx.body = null;
  // After the body: having none makes it 204.
  ctx.status = status;
}
