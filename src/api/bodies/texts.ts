/** Bodies for answers that hold one: looked up within the bounds, as text. */
import type { Context } from 'koa';
import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import { sendUnavailable } from '../../edge/http/errorAnswers.ts';
import type { BodyBounds } from './bounded.ts';
import type { BodyLookup } from './lookup.ts';

export interface BodyTexts {
  /** `text` is undefined when the body is nowhere. Refused: the answer is set to 503. */
  read(
    ctx: Context,
    key: BodyKey,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'text'; readonly text: string | undefined } | { readonly kind: 'refused' }
  >;
}

const RETRY_AFTER_SECONDS = 30;

/** Too many bodies are read at once. */
export function refuseBusy(ctx: Context): void {
  sendUnavailable(ctx, 'Too many bodies are being read at the moment', RETRY_AFTER_SECONDS);
}

export function makeBodyTexts(lookup: BodyLookup, bounds: BodyBounds): BodyTexts {
  return {
    async read(ctx, key, signal) {
      const body = await bounds.lookingFor(() => lookup.find(key, signal), signal);
      // The text, and the answer that it becomes part of.
      if (
        body.kind === 'busy' ||
        (body.kind === 'found' && !bounds.hold(ctx, 2 * body.line.length))
      ) {
        refuseBusy(ctx);
        return { kind: 'refused' };
      }
      return { kind: 'text', text: body.kind === 'found' ? body.line.toString('utf8') : undefined };
    },
  };
}
