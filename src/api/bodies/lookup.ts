/** Finds a measurement's body wherever it is now (protocol, data 4.6). */

import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import { contentOfPost } from '../../core/measurement/envelope.ts';
import { type MeasurementUid, parseMeasurementUid } from '../../core/measurement/measurementUid.ts';
import { type BodySource, bodySources } from '../../core/sql/archivePlace.ts';
import type { Spool } from '../../edge/spool/spool.ts';
import { errorText, type Fields, type Log } from '../../log/log.ts';
import { type OncePer, oncePer } from '../../log/oncePer.ts';
import type { ApiMetrics } from '../apiMetrics.ts';
import { QueryError } from '../database.ts';
import type { Archive } from './archive.ts';
import type { OtherHosts } from './hosts.ts';

export type FoundBody =
  /** One line of JSON as the probe wrote it, without line feed. */
  | { readonly kind: 'found'; readonly line: Buffer }
  | { readonly kind: 'nowhere' }
  /** Not found, and not every source could be asked, or the client has gone: it may be there. */
  | { readonly kind: 'unreachable' };

export interface BodyLookup {
  /** Throws QueryError. */
  find(key: BodyKey, signal: AbortSignal): Promise<FoundBody>;
  /** The same from this host's spool alone, which needs no database. */
  findInSpool(uid: MeasurementUid): Promise<Buffer | undefined>;
  /** The same from the archive alone, of a measurement that has no row. Throws QueryError. */
  findPublished(measurementUid: string, signal: AbortSignal): Promise<FoundBody>;
}

/** A source that is away is away for every request. */
const SAY_AGAIN_AFTER_MS = 10_000;

export function makeBodyLookup(parts: {
  readonly spool: Spool;
  readonly hosts: OtherHosts;
  readonly archive: Archive;
  readonly metrics: ApiMetrics;
  readonly log: Log;
}): BodyLookup {
  const { spool, hosts, archive, log } = parts;
  const inTime: Record<BodySource, OncePer> = {
    spool: oncePer(SAY_AGAIN_AFTER_MS),
    hosts: oncePer(SAY_AGAIN_AFTER_MS),
    archive: oncePer(SAY_AGAIN_AFTER_MS),
  };

  const findInSpool = async (uid: MeasurementUid) => contentLine(await spool.read(uid));

  const findIn = async (
    source: BodySource,
    key: BodyKey,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> => {
    if (source === 'archive') return archive.find(key, signal);
    const uid = parseMeasurementUid(key.measurementUid);
    if (uid === undefined) return undefined;
    return source === 'spool' ? findInSpool(uid) : contentLine(await hosts.find(uid, signal));
  };

  /**
   * Tries the sources in turn. `fields` name what is asked for as `asked_for`, not as `measurement_uid`:
   * such a line is no trace of a measurement (ooni-find(8)).
   */
  const firstOf = async (
    sources: readonly BodySource[],
    from: (source: BodySource) => Promise<Buffer | undefined>,
    fields: Fields,
    signal: AbortSignal,
  ): Promise<FoundBody> => {
    let unreachable = false;
    for (const source of sources) {
      try {
        const line = await from(source);
        if (line === undefined) continue;
        parts.metrics.bodiesServed.inc({ source });
        return { kind: 'found', line };
      } catch (error) {
        if (error instanceof QueryError) throw error;
        // Given up for a client that has gone: nothing is wrong with the source.
        if (signal.aborted) return { kind: 'unreachable' };
        unreachable = true;
        inTime[source]((unsaid) =>
          log.warning('cannot look for a body: check the source', {
            source,
            ...fields,
            error: errorText(error),
            suppressed: unsaid || undefined,
          }),
        );
      }
    }
    parts.metrics.bodiesServed.inc({ source: unreachable ? 'unreachable' : 'nowhere' });
    return { kind: unreachable ? 'unreachable' : 'nowhere' };
  };

  return {
    findInSpool,
    find: (key, signal) =>
      firstOf(
        bodySources(key, Date.now()),
        (source) => findIn(source, key, signal),
        { asked_for: key.measurementUid, report_id: key.reportId },
        signal,
      ),
    findPublished: (measurementUid, signal) =>
      firstOf(
        ['archive'],
        () => archive.findByUid(measurementUid, signal),
        { asked_for: measurementUid },
        signal,
      ),
  };
}

/** The measurement inside an envelope; one that cannot be read is as good as not there. */
function contentLine(envelope: Buffer | undefined): Buffer | undefined {
  if (envelope === undefined) return undefined;
  const content = contentOfPost(envelope);
  if (content.kind === 'invalid') return undefined;
  const { buffer, byteOffset, length } = content.line;
  return Buffer.from(buffer as ArrayBuffer, byteOffset, length);
}
