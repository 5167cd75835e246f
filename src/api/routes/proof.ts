/**
 * The logs of what was published, for everyone to check (docs/archive.md, "Proofs"): the proof of
 * one measurement, and each collector's latest checkpoint and public key.
 */
import type Router from '@koa/router';
import type { Context } from 'koa';
import type { ReadPart } from '../../core/archive/logReader.ts';
import { proveInclusion, readLogHead } from '../../core/archive/proof.ts';
import { CHECKPOINT, logPrefix, PUBLIC_KEY } from '../../core/archive/tiles.ts';
import {
  type LoggedLine,
  type LoggedObject,
  loggedLineQuery,
  loggedObjectsQuery,
} from '../../core/queries/archiveLog.ts';
import { sendError, sendJson, sendUnavailable } from '../../edge/http/errors.ts';
import { readObject } from '../../edge/objects/readObject.ts';
import type { ObjectStore } from '../../edge/objects/store.ts';
import { errorText, type Log } from '../../log/log.ts';
import { clientGone, type Database, QueryError } from '../database.ts';

export interface ProofRouteParts {
  readonly database: Database;
  readonly objects: ObjectStore;
  /** Whose log is meant where none is named: this host's. */
  readonly collectorId: string;
  readonly log: Log;
}

const RETRY_AFTER_SECONDS = 30;
const NOT_PUBLISHED =
  'Measurement not in a published log: unknown, not published yet, or older than the logs';

export function addProofRoutes(router: Router, parts: ProofRouteParts): void {
  const { database, objects, log } = parts;
  const partsOf =
    (collectorId: string): ReadPart =>
    (path) =>
      readObject(objects, logPrefix(collectorId) + path);

  /** A bucket in trouble is no answer about a measurement: the client may come again. */
  const reading = async (ctx: Context, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      if (error instanceof QueryError) throw error;
      log.warning('cannot read the log of what was published: check the bucket', {
        path: ctx.path,
        error: errorText(error),
      });
      sendUnavailable(ctx, 'The log cannot be read at the moment', RETRY_AFTER_SECONDS);
    }
  };

  router.get('/api/v1/measurement/:measurementUid/proof', (ctx) =>
    reading(ctx, async () => {
      const measurementUid = ctx.params.measurementUid!;
      const signal = clientGone(ctx);
      const notPublished = () => sendError(ctx, 404, NOT_PUBLISHED);
      const [line] = await database.rows<LoggedLine>(loggedLineQuery(measurementUid), signal);
      if (line === undefined) return notPublished();
      const [object] = await database.rows<LoggedObject>(loggedObjectsQuery([line.s3path]), signal);
      if (object === undefined) return notPublished();
      const readPart = partsOf(object.collector_id);
      const head = await readLogHead(readPart);
      if (head === undefined) return notPublished();
      const leafIndex = object.first_leaf + line.linenum;
      const answer = await proveInclusion(readPart, head, leafIndex, measurementUid);
      if (answer === undefined) return notPublished();
      ctx.set('Cache-Control', 'max-age=60');
      sendJson(ctx, {
        measurement_uid: measurementUid,
        collector_id: object.collector_id,
        ...answer,
      });
    }),
  );

  // As they lie in the bucket, so that a saved answer is a saved checkpoint.
  for (const name of [CHECKPOINT, PUBLIC_KEY])
    router.get(`/api/v1/log/${name}`, (ctx) =>
      reading(ctx, async () => {
        const asked = new URLSearchParams(ctx.querystring).get('collector_id');
        const collectorId = asked ?? parts.collectorId;
        const text = /^[a-z0-9]{1,8}$/.test(collectorId)
          ? await partsOf(collectorId)(name)
          : undefined;
        if (text === undefined)
          return sendError(ctx, 404, 'No log is published for this collector_id');
        ctx.set('Cache-Control', 'max-age=60');
        ctx.set('Content-Type', 'text/plain; charset=utf-8');
        ctx.body = text;
      }),
    );
}
