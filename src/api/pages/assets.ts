/** Our own files that pages need: each at an address with its hash in it, so that caches keep it for good. */
import type { Context } from 'koa';
import { sha256Hex } from '../../core/text/sha256.ts';
import { ICON } from './assets/icon.ts';
import { SCRIPT } from './assets/script.ts';
import { STYLESHEET } from './assets/stylesheet.ts';

export interface Asset {
  readonly name: 'style' | 'script' | 'icon';
  readonly path: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const HASH_CHARS = 16;

function asset(name: Asset['name'], ending: string, type: string, text: string): Asset {
  const hash = sha256Hex(text).slice(0, HASH_CHARS);
  return { name, path: `/ui/${name}-${hash}.${ending}`, type, bytes: Buffer.from(text) };
}

export const ASSETS: readonly Asset[] = [
  asset('style', 'css', 'text/css; charset=utf-8', STYLESHEET),
  asset('script', 'js', 'text/javascript; charset=utf-8', SCRIPT),
  asset('icon', 'svg', 'image/svg+xml', ICON),
];

/** Nothing but our own files, no form to elsewhere, in nobody's frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of every page. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
};

function pathOf(name: Asset['name']): string {
  return ASSETS.find((asset) => asset.name === name)!.path;
}

/** Their addresses, for the frame of a page. */
export const pageAssets = {
  style: pathOf('style'),
  script: pathOf('script'),
  icon: pathOf('icon'),
} as const;

const YEAR_SECONDS = 31_536_000;

export function assetRoute(ctx: Context, { type, bytes }: Asset): void {
  ctx.status = 200;
  ctx.set('Content-Type', type);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Cache-Control', `max-age=${YEAR_SECONDS}, immutable`);
  ctx.body = bytes;
}
