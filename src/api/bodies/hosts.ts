/** Bodies that are still in the spool of another host (protocol, data 4.6, source H). */
import type { MeasurementUid } from '../../core/measurement/measurementUid.ts';
import { incomingPath } from '../../core/measurement/spoolPaths.ts';
import { wholeBytes } from '../../core/text/wholeBytes.ts';
import { errorText, type Log } from '../../log/log.ts';
import { oncePer } from '../../log/oncePer.ts';

export interface OtherHosts {
  /**
   * The stored envelope from whichever host has it, or undefined when none has. A host that does not
   * answer is taken for one that has not, as long as another answers; throws when none does.
   */
  find(uid: MeasurementUid, signal: AbortSignal): Promise<Buffer | undefined>;
}

/** A host that is down is down for every request. */
const SAY_AGAIN_AFTER_MS = 10_000;

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
  readonly log: Log;
}): OtherHosts {
  const { log } = parts;
  const someSilent = oncePer(SAY_AGAIN_AFTER_MS);
  const ask = async (
    host: string,
    path: string,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> => {
    const answer = await fetch(host.replace(/\/$/, '') + SPOOL_ROUTE + path, {
      signal,
      // Envelopes come from the hosts of the config and from nowhere else.
      redirect: 'error',
    });
    if (answer.status !== 200 || answer.body === null) {
      await answer.body?.cancel();
      if (answer.status === 404) return undefined;
      throw new Error(`status ${answer.status}`);
    }
    const envelope = await wholeBytes(answer.body, parts.maxBytes);
    if (envelope === undefined) throw new Error(`more than ${parts.maxBytes} bytes`);
    return envelope;
  };
  return {
    async find(uid, signal) {
      if (parts.hosts.length === 0) return undefined;
      const found = new AbortController();
      const stop = AbortSignal.any([signal, found.signal, AbortSignal.timeout(parts.timeoutMs)]);
      const failures: string[] = [];
      const askOne = async (host: string): Promise<Buffer> => {
        const envelope = await ask(host, spoolPath(uid), stop).catch((error) => {
          failures.push(`${host}: ${errorText(error)}`);
          throw error;
        });
        if (envelope === undefined) throw new Error('not there');
        return envelope;
      };
      try {
        return await Promise.any(parts.hosts.map(askOne));
      } catch {
        if (failures.length === 0) return undefined;
        if (failures.length === parts.hosts.length)
          throw new Error(`no other host answers: ${failures.join('; ')}`);
        if (!signal.aborted)
          someSilent((unsaid) =>
            log.warning('another host does not answer: a body in its spool is not found', {
              hosts: failures.join('; '),
              asked_for: uid.text,
              suppressed: unsaid || undefined,
            }),
          );
        return undefined;
      } finally {
        found.abort();
      }
    },
  };
}
