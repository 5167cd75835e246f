/** Bodies that are still in the spool of another host (contract, data-api 4.6, source H). */

import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { incomingPath } from '../../core/measurement/spoolPaths.ts';

export interface OtherHosts {
  /** The stored envelope from whichever host has it, or undefined when none does in time. */
  find(uid: MeasurementUid, signal: AbortSignal): Promise<Buffer | undefined>;
}

/** Path under which hosts give each other envelopes. */
export const SPOOL_ROUTE = '/measurement_spool/';

/** `<hour>_<CC>_<test>/<uid>.post`: the place below `incoming/`. */
export function spoolPath(uid: MeasurementUid): string {
  return incomingPath(uid).slice('incoming/'.length);
}

export function openOtherHosts(parts: {
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  readonly maxBytes: number;
}): OtherHosts {
  const ask = async (host: string, path: string, signal: AbortSignal): Promise<Buffer> => {
    const answer = await fetch(host.replace(/\/$/, '') + SPOOL_ROUTE + path, {
      signal,
      // Envelopes come from the hosts of the config and from nowhere else.
      redirect: 'error',
    });
    if (answer.status !== 200 || answer.body === null) {
      await answer.body?.cancel();
      throw new Error(`status ${answer.status}`);
    }
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      length += chunk.length;
      if (length > parts.maxBytes) throw new Error(`more than ${parts.maxBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  return {
    async find(uid, signal) {
      if (parts.hosts.length === 0) return undefined;
      const found = new AbortController();
      const stop = AbortSignal.any([signal, found.signal, AbortSignal.timeout(parts.timeoutMs)]);
      try {
        return await Promise.any(parts.hosts.map((host) => ask(host, spoolPath(uid), stop)));
      } catch {
        // None has it, or none answers: for the caller the same.
        return undefined;
      } finally {
        found.abort();
      }
    },
  };
}
