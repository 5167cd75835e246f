/** What links are listed by, and how a path names them (protocol, data 6.1). */
import { bool } from '../parameters.ts';

export const linkSearchParameters = {
  is_mine: bool('Those of the own account'),
  is_expired: bool('Also those whose time is over'),
};

/** An id that a link can have; others are nobody's. */
export function isLinkId(text: string): boolean {
  return /^\d{1,18}$/.test(text);
}

/** Undefined for what is neither `latest` nor a number. */
export function parseRevision(text: string): number | 'latest' | undefined {
  if (text === 'latest') return 'latest';
  return /^\d{1,20}$/.test(text) ? Math.min(Number(text), 0xffffffff) : undefined;
}
