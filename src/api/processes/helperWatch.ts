/**
 * One process of a host asks test helpers from time to time whether they answer: one that fails shows as
 * anomalies everywhere at once. What probes are told does not change by it: a host that cannot reach a
 * helper itself says nothing about probes that can.
 */
import type { WatchedHelper } from '../../core/probe/testHelpers.ts';
import { httpUnreachable, tcpUnreachable, type Unreachable } from '../../edge/http/reachable.ts';
import type { Log } from '../../log/log.ts';

export interface HelperWatch {
  /** Of those that were asked. */
  readonly state: readonly (Pick<WatchedHelper, 'name' | 'address'> & {
    readonly reachable: boolean;
  })[];
  close(): void;
}

export interface HelperWatchParts {
  readonly helpers: readonly WatchedHelper[];
  /** 0: never. */
  readonly everyMs: number;
  readonly log: Log;
  readonly timeoutMs?: number;
  /** Until the first time: a start has better things to do. */
  readonly firstMs?: number;
}

/** Web_connectivity goes on to the next helper after 15 s (protocol, probes 4.10). */
const TIMEOUT_MS = 15_000;
const FIRST_MS = 30_000;

export function watchHelpers(parts: HelperWatchParts): HelperWatch {
  const { helpers, everyMs, log, timeoutMs = TIMEOUT_MS } = parts;
  const faults = new Map<WatchedHelper, Unreachable>();
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const look = async (helper: WatchedHelper) => {
    const { ask, name, address } = helper;
    const fault =
      ask.kind === 'http'
        ? await httpUnreachable(ask.url, timeoutMs)
        : await tcpUnreachable(ask, timeoutMs);
    if (closed) return;
    const before = faults.get(helper);
    faults.set(helper, fault);
    const fields = { helper: name, address };
    if (fault !== undefined && before === undefined)
      log.warning(
        'a test helper does not answer this host: see /usr/share/doc/ooni-common/operate.md, "What probes are told"',
        { ...fields, error: fault },
      );
    else if (fault === undefined && before !== undefined)
      log.info('a test helper answers again', fields);
  };
  // One after the other: nothing waits for them.
  const round = async () => {
    for (const helper of helpers) if (!closed) await look(helper);
    if (!closed) timer = setTimeout(() => void round(), everyMs).unref();
  };
  if (everyMs > 0 && helpers.length > 0)
    timer = setTimeout(() => void round(), Math.min(everyMs, parts.firstMs ?? FIRST_MS)).unref();

  return {
    get state() {
      return [...faults].map(([{ name, address }, fault]) => ({
        name,
        address,
        reachable: fault === undefined,
      }));
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
