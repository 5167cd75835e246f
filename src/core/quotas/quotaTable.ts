/**
 * How much of the server's time each client has left (protocol, data 3.6). For each limit a level that rises
 * with what is spent and sinks evenly, so that all is there again after the limit's period; who is at its
 * top waits. Everything is recorded, also what is more than was left.
 */

export interface QuotaLimit {
  /** Hundredths of a second of serving. */
  readonly units: number;
  readonly periodS: number;
}

/** What a client has left. */
export interface Standing {
  /** Units, 0 or more, of the tightest limit. */
  readonly remaining: number;
  /** Seconds until there is a unit again; 0 when there is one. */
  readonly retryAfterS: number;
}

export interface QuotaTable {
  spend(client: string, units: number, nowMs: number): Standing;
  standing(client: string, nowMs: number): Standing;
  /** Forgets who has all again: nobody is kept longer than the longest period. */
  forget(nowMs: number): void;
  clear(): void;
  /** Those with the least left, the least first. */
  lowest(count: number, nowMs: number): readonly { client: string; remaining: number }[];
  readonly clients: number;
}

const PERIODS_S: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 };

/** `4000/hour;40000/day`; undefined for another text. Nothing is kept for longer than a day. */
export function parseQuotaLimits(text: string): QuotaLimit[] | undefined {
  if (text === '') return [];
  const limits = text.split(';').map((part) => {
    const match = /^([1-9]\d{0,8})\/(minute|hour|day)$/.exec(part.trim());
    return match && { units: Number(match[1]), periodS: PERIODS_S[match[2]!]! };
  });
  return limits.includes(null) ? undefined : (limits as QuotaLimit[]);
}

/** Beyond it those clients are forgotten that spent nothing for longest. */
const MAX_CLIENTS = 200_000;
/**
 * So many parts of them are forgotten at once: looking for the first of a Map walks over the places of all that were
 * deleted since it was built, which for each new client takes ten times what spending does.
 */
const PARTS = 64;
/** What is above the limit is not waited for longer than this many periods. */
const MAX_LEVEL = 2;

interface Entry {
  /** Units spent and not come back, by limit. */
  readonly levels: number[];
  atMs: number;
}

export function makeQuotaTable(
  limits: readonly QuotaLimit[],
  maxClients = MAX_CLIENTS,
): QuotaTable {
  const entries = new Map<string, Entry>();
  const full: Standing = {
    remaining: Math.min(...limits.map(({ units }) => units)),
    retryAfterS: 0,
  };

  const sink = (entry: Entry, nowMs: number) => {
    // A clock that went back gives nothing and takes nothing.
    const seconds = Math.max(0, nowMs - entry.atMs) / 1000;
    for (const [index, { units, periodS }] of limits.entries())
      entry.levels[index] = Math.max(0, entry.levels[index]! - (seconds * units) / periodS);
    entry.atMs = nowMs;
  };
  const standingOf = (entry: Entry): Standing => {
    let remaining = Number.POSITIVE_INFINITY;
    let retryAfterS = 0;
    for (const [index, { units, periodS }] of limits.entries()) {
      const left = units - entry.levels[index]!;
      remaining = Math.min(remaining, Math.max(0, Math.floor(left)));
      if (left < 1) retryAfterS = Math.max(retryAfterS, Math.ceil(((1 - left) * periodS) / units));
    }
    return { remaining, retryAfterS };
  };

  const forgetOldest = () => {
    let left = Math.ceil(maxClients / PARTS);
    for (const client of entries.keys()) {
      if (left-- === 0) break;
      entries.delete(client);
    }
  };

  return {
    spend(client, units, nowMs) {
      const entry = entries.get(client) ?? { levels: limits.map(() => 0), atMs: nowMs };
      sink(entry, nowMs);
      for (const [index, limit] of limits.entries())
        entry.levels[index] = Math.min(entry.levels[index]! + units, MAX_LEVEL * limit.units);
      // Again at the end: those at the front spent nothing for longest.
      entries.delete(client);
      entries.set(client, entry);
      if (entries.size > maxClients) forgetOldest();
      return standingOf(entry);
    },
    standing(client, nowMs) {
      const entry = entries.get(client);
      if (entry === undefined) return full;
      sink(entry, nowMs);
      return standingOf(entry);
    },
    forget(nowMs) {
      for (const [client, entry] of entries) {
        sink(entry, nowMs);
        if (entry.levels.every((level) => level === 0)) entries.delete(client);
      }
    },
    clear: () => entries.clear(),
    lowest(count, nowMs) {
      return [...entries]
        .map(([client, entry]) => {
          sink(entry, nowMs);
          return { client, remaining: standingOf(entry).remaining };
        })
        .sort((a, b) => a.remaining - b.remaining)
        .slice(0, count);
    },
    get clients() {
      return entries.size;
    },
  };
}
