/**
 * Error answers. Both `detail`, which new clients read, and a text under the two names by which others
 * read it: `error` and `message` (protocol, data 3.4).
 */
import { type Issue, issuesText } from '../../core/validation/issues.ts';
import type { Exchange } from './exchange.ts';

/** An explicit error; `detail` may carry a code beside the text (protocol, probes 2.4). */
export function sendError(
  ctx: Exchange,
  status: number,
  detail: string | { readonly error: string; readonly message?: string },
): void {
  const text = typeof detail === 'string' ? detail : (detail.message ?? detail.error);
  sendErrorBody(ctx, status, detail, text);
}

/** What does not fit the endpoint's schema: 422, or 400 where clients have always got that. */
export function sendIssues(ctx: Exchange, issues: readonly Issue[], status: 400 | 422 = 422): void {
  sendErrorBody(ctx, status, issues, issuesText(issues));
}

/** Come back later: it did not work now, and may then. */
export function sendUnavailable(ctx: Exchange, text: string, retryAfterSeconds: number): void {
  sendError(ctx, 503, text);
  ctx.set('Retry-After', String(retryAfterSeconds));
}

function sendErrorBody(ctx: Exchange, status: number, detail: unknown, text: string): void {
  sendJson(ctx, { detail, error: text, message: text }, status);
  ctx.set('Cache-Control', 'no-cache');
}

/** A JSON answer; `application/json` without charset, as clients have always got it. */
export function sendJson(ctx: Exchange, body: unknown, status = 200): void {
  sendJsonText(ctx, JSON.stringify(body), status);
}

/** The same for JSON that is text already, or its bytes. */
export function sendJsonText(ctx: Exchange, text: string | Buffer, status = 200): void {
  ctx.status = status;
  ctx.set('Content-Type', 'application/json');
  ctx.body = text;
}
