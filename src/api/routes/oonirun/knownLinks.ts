/**
 * OONI Run links that were read lately: a probe that asks for one again gets it while the database is away.
 * What the database has wins whenever it answers, so that who edits a link reads what was written.
 */
import type { Link } from '../../../core/oonirun/link.ts';

export interface KnownLinks {
  /**
   * What `read` finds; where it fails, or takes too long, what it found last. Rejects as `read` does where
   * nothing is known, and when the client has `gone`.
   */
  find(
    key: string,
    read: (stop: AbortSignal) => Promise<Link | undefined>,
    gone: AbortSignal,
  ): Promise<Link | undefined>;
}

/** A database that takes longer for one row is as good as away. */
const PATIENCE_MS = 1_000;
const MAX_LINKS = 1_000;
/** Of all of them together, as JSON. */
const MAX_CHARACTERS = 16_777_216;

interface Known {
  readonly link: Link;
  readonly characters: number;
}

export function makeKnownLinks(
  bounds: { readonly patienceMs?: number; readonly maxCharacters?: number } = {},
): KnownLinks {
  const { patienceMs = PATIENCE_MS, maxCharacters = MAX_CHARACTERS } = bounds;
  /** The one that was asked for last comes last. */
  const links = new Map<string, Known>();
  let characters = 0;

  const forget = (key: string) => {
    characters -= links.get(key)?.characters ?? 0;
    links.delete(key);
  };
  const remember = (key: string, known: Known) => {
    forget(key);
    links.set(key, known);
    characters += known.characters;
    for (const oldest of links.keys()) {
      if (links.size <= MAX_LINKS && characters <= maxCharacters) break;
      forget(oldest);
    }
  };

  return {
    async find(key, read, gone) {
      const known = links.get(key);
      const stop =
        known === undefined ? gone : AbortSignal.any([gone, AbortSignal.timeout(patienceMs)]);
      try {
        const link = await read(stop);
        if (link === undefined) forget(key);
        else remember(key, { link, characters: JSON.stringify(link).length });
        return link;
      } catch (error) {
        if (known === undefined || gone.aborted) throw error;
        remember(key, known);
        return known.link;
      }
    },
  };
}
