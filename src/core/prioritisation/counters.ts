/**
 * How often each URL of the test list was measured lately, by network. All networks of the world are
 * held in memory, so each is one array of numbers and no map of texts.
 */
import { DAY_MS, dayText, startOfDayMs } from '../time/days.ts';

/** One URL: the networks that measured it, and how often. The three lists are as long as each other. */
export interface UrlCounts {
  readonly input: string;
  readonly ccs: readonly string[];
  readonly asns: readonly number[];
  readonly counts: readonly number[];
}

export interface Counters {
  /** URLs that were measured anywhere; their places are the numbers below. */
  readonly urls: readonly string[];
  /** By country and AS number (`IT 3269`): number and count of each URL in turn. AS 0: all of the country. */
  readonly networks: ReadonlyMap<string, Uint32Array>;
}

export const NO_COUNTERS: Counters = { urls: [], networks: new Map() };

export interface CountersBuilder {
  /** Each URL once. */
  add(row: UrlCounts): void;
  build(): Counters;
}

export function countersBuilder(): CountersBuilder {
  const urls: string[] = [];
  const networks = new Map<string, number[]>();
  return {
    add({ input, ccs, asns, counts }) {
      const number = urls.push(input) - 1;
      const sums = new Map<string, number>();
      const count = (network: string, more: number) =>
        sums.set(network, (sums.get(network) ?? 0) + more);
      ccs.forEach((cc, at) => {
        count(networkKey(cc, 0), counts[at]!);
        if (asns[at] !== 0) count(networkKey(cc, asns[at]!), counts[at]!);
      });
      for (const [network, sum] of sums) {
        const pairs = networks.get(network);
        if (pairs === undefined) networks.set(network, [number, sum]);
        else pairs.push(number, sum);
      }
    },
    build() {
      const packed = new Map<string, Uint32Array>();
      for (const [network, pairs] of networks) packed.set(network, Uint32Array.from(pairs));
      return { urls, networks: packed };
    },
  };
}

/** What a network measured: number and count in turn; of the whole country when `asn` is 0. */
export function countsOfNetwork(
  { networks }: Counters,
  cc: string,
  asn: number,
): Uint32Array | undefined {
  return networks.get(networkKey(cc, asn));
}

const networkKey = (cc: string, asn: number) => `${cc} ${asn}`;

/** Days on which the weeks begin whose measurements count: this Sunday and the one before, UTC. */
export function countedWeeks(nowMs: number): [thisWeek: string, lastWeek: string] {
  const todayMs = startOfDayMs(nowMs);
  const sundayMs = todayMs - new Date(todayMs).getUTCDay() * DAY_MS;
  return [dayText(sundayMs), dayText(sundayMs - 7 * DAY_MS)];
}

/** As values that JSON can hold: each URL, then each network with its numbers. */
export function* toLines({ urls, networks }: Counters): Generator<unknown> {
  yield* urls;
  for (const [network, pairs] of networks) yield [network, [...pairs]];
}

/** Undefined for what `toLines` did not make. */
export function fromLines(lines: readonly unknown[]): Counters | undefined {
  const urls: string[] = [];
  const networks = new Map<string, Uint32Array>();
  const isPairs = (value: unknown): value is number[] =>
    Array.isArray(value) &&
    value.length % 2 === 0 &&
    value.every(
      (number, at) =>
        Number.isInteger(number) && number >= 0 && (at % 2 === 1 || number < urls.length),
    );
  for (const line of lines) {
    if (typeof line === 'string') {
      urls.push(line);
      continue;
    }
    if (!Array.isArray(line) || typeof line[0] !== 'string' || !isPairs(line[1])) return undefined;
    networks.set(line[0], Uint32Array.from(line[1]));
  }
  return { urls, networks };
}
