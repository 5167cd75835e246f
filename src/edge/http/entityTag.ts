/** Answers that a client has already: 304 without the body (RFC 9110, 8.8.3 and 13.1.2). */
import { createHash } from 'node:crypto';
import type { Context } from 'koa';

/**
 * Gives a complete answer a tag made of its bytes, and takes back the body where the client has named
 * that tag. For answers that are the same as long as what they tell is: not for those with a time in them.
 */
export function tagAnswer(ctx: Context): void {
  const { body } = ctx;
  if (ctx.status !== 200 || !(typeof body === 'string' || Buffer.isBuffer(body))) return;
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, TAG_CHARS)}"`;
  ctx.set('ETag', tag);
  if (!names(ctx.get('If-None-Match'), tag)) return;
  // In this order: a body of null is a status of its own.
  ctx.body = null;
  ctx.status = 304;
}

/** 132 bits. */
const TAG_CHARS = 22;

/** Weak tags too: nginx weakens what it compresses. */
function names(header: string, tag: string): boolean {
  return header
    .split(',')
    .map((text) => text.trim().replace(/^W\//, ''))
    .some((text) => text === tag || text === '*');
}
