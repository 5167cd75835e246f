/**
 * How many login mails may be asked for: by one client, for one address, and in all. Bounded in memory,
 * which holds hashes with a key of its own: neither addresses of clients nor of mail.
 */
import { createHmac } from 'node:crypto';

export interface MailLimitOptions {
  /** For these limits alone: at least 16 random bytes. */
  readonly secret: Uint8Array;
  readonly perClient: number;
  readonly perAddress: number;
  readonly inAll: number;
}

export type MailDecision =
  | { readonly kind: 'send' }
  /** This address has got enough mails for now; the link in them is good. */
  | { readonly kind: 'enough' }
  | { readonly kind: 'refused'; readonly retryAfterSeconds: number };

const WINDOW_MS = 3_600_000;
const MAX_ENTRIES = 20_000;

interface Count {
  readonly sinceMs: number;
  used: number;
}

export function makeMailLimits({ secret, perClient, perAddress, inAll }: MailLimitOptions) {
  /** The oldest first. */
  const counts = new Map<string, Count>();

  const countOf = (kind: string, text: string, nowMs: number): Count => {
    const key = createHmac('sha256', secret).update(`${kind}\0${text}`).digest('base64');
    const known = counts.get(key);
    if (known !== undefined && nowMs - known.sinceMs < WINDOW_MS) return known;
    counts.delete(key);
    const count = { sinceMs: nowMs, used: 0 };
    counts.set(key, count);
    return count;
  };

  const forget = (nowMs: number) => {
    for (const [key, { sinceMs }] of counts) {
      if (counts.size <= MAX_ENTRIES && nowMs - sinceMs < WINDOW_MS) return;
      counts.delete(key);
    }
  };

  return {
    /** For tests and metrics. */
    get entries() {
      return counts.size;
    },
    /** Counts a request. `client`: see clientNetwork. */
    ask(client: string, emailAddress: string, nowMs: number): MailDecision {
      forget(nowMs);
      const all = countOf('all', '', nowMs);
      const byClient = countOf('client', client, nowMs);
      const full = [
        { count: all, limit: inAll },
        { count: byClient, limit: perClient },
      ].filter(({ count, limit }) => count.used >= limit);
      if (full.length > 0) {
        const untilMs = Math.max(...full.map(({ count }) => count.sinceMs + WINDOW_MS));
        return { kind: 'refused', retryAfterSeconds: Math.ceil((untilMs - nowMs) / 1_000) };
      }
      byClient.used++;
      const byAddress = countOf('address', emailAddress, nowMs);
      if (byAddress.used >= perAddress) return { kind: 'enough' };
      byAddress.used++;
      all.used++;
      return { kind: 'send' };
    },
  };
}
export type MailLimits = ReturnType<typeof makeMailLimits>;
