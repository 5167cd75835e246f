/**
 * Bodies in the archive: an index row in `jsonl` says which line of which object, and in which gzip
 * member. The line's number in the object never changes; where its member lies does, when a removal
 * replaces the object, so that until its rows have moved the object is read from its start.
 */

import { addAbortSignal, type Readable } from 'node:stream';
import { createGunzip, gunzip } from 'node:zlib';
import { MEMBER_TEXT_MAX_BYTES } from '../../core/archive/members.ts';
import type { BodyKey } from '../../core/measurement/bodyKey.ts';
import {
  type ArchivePlace,
  archivePlaceOfUidQuery,
  archivePlaceQuery,
} from '../../core/sql/archivePlace.ts';
import type { Query } from '../../core/sql/query.ts';
import { lineOf } from '../../core/text/lines.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';
import type { Database } from '../database.ts';
import type { ObjectCache } from './cache.ts';

export interface Archive {
  /**
   * The body's line without line feed, or undefined when index or object lack it. Throws what kept it
   * from looking, an aborted signal too.
   */
  find(key: BodyKey, signal: AbortSignal): Promise<Buffer | undefined>;
  /** The same by the uid alone. */
  findByUid(measurementUid: string, signal: AbortSignal): Promise<Buffer | undefined>;
}

export function openArchive(parts: {
  readonly database: Database;
  readonly objects: ObjectStore;
  readonly cache: ObjectCache;
  readonly maxBodyBytes: number;
  readonly log: Log;
}): Archive {
  const { database, objects, cache, maxBodyBytes, log } = parts;

  /** Undefined also where the place holds no such member. */
  const fromMember = async (place: ArchivePlace): Promise<Buffer | undefined> => {
    if (place.member_length_bytes === 0) return undefined;
    const member = await objects.readRange(
      place.s3path,
      place.member_offset_bytes,
      place.member_length_bytes,
    );
    if (member === undefined) return undefined;
    try {
      const text = await gunzipBounded(member, MEMBER_TEXT_MAX_BYTES + maxBodyBytes);
      return await lineOf([text], place.member_line, maxBodyBytes);
    } catch (error) {
      log.warning('a row leads to no gzip member: reading the object from its start', {
        s3path: place.s3path,
        linenum: place.linenum,
        error: errorText(error),
      });
      return undefined;
    }
  };

  const fromStart = async (
    place: ArchivePlace,
    signal: AbortSignal,
  ): Promise<Buffer | undefined> => {
    const object = await cache.open(place.s3path);
    if (object === undefined) return undefined;
    // Thousands of lines may come before it: not for nobody.
    return lineOf(gunzipStream(addAbortSignal(signal, object)), place.linenum, maxBodyBytes);
  };

  const lineAt = async (query: Query, signal: AbortSignal): Promise<Buffer | undefined> => {
    const [place] = await database.rows<ArchivePlace>(query, signal);
    if (place === undefined) return undefined;
    return (await fromMember(place)) ?? (await fromStart(place, signal));
  };

  return {
    find: (key, signal) => lineAt(archivePlaceQuery(key), signal),
    findByUid: (measurementUid, signal) => lineAt(archivePlaceOfUidQuery(measurementUid), signal),
  };
}

function gunzipBounded(bytes: Buffer, maxOutputLength: number): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    gunzip(bytes, { maxOutputLength }, (error, text) => (error ? reject(error) : resolve(text))),
  );
}

/** Decompressed chunks; the source is closed when the reader stops early. */
async function* gunzipStream(source: Readable): AsyncGenerator<Buffer> {
  const stream = createGunzip({ chunkSize: 65_536 });
  source.on('error', (error) => stream.destroy(error));
  source.pipe(stream);
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } finally {
    source.destroy();
    stream.destroy();
  }
}
