/**
 * The logs of what was published, for everyone to check (docs/archive.md, "Proofs"): the proof of
 * one measurement, and each collector's latest checkpoint and public key.
 */
import type { Context } from 'koa';
import { proveInclusion } from '../../../core/archive/inclusionProof.ts';
import { CHECKPOINT, PUBLIC_KEY } from '../../../core/archive/tiles.ts';
import { sendError, sendJson, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import { clientGone, type Database, QueryError } from '../../database.ts';
import { findLoggedPlace } from '../../loggedPlace.ts';
import type { PublishedLogs } from '../../publishedLogs.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface ProofRouteParts {
  readonly database: Database;
  readonly logs: PublishedLogs;
}

const RETRY_AFTER_SECONDS = 30;
const NOT_PUBLISHED =
  'Measurement not in a published log: not published yet, or older than the logs';
/** Looking for it in the log would mean reading all entries of its hour. */
const NO_LINE =
  'No published line is known of this measurement: unknown, not published yet, or without a line (it could not be parsed, or its body was removed). Without a line it may be in a log still, but has no proof here: see the .tar.gz of its hour';

export function proofRoutes({ database, logs }: ProofRouteParts): RouteFamily {
  return (router) => {
    /** A bucket that cannot be read is no answer about a measurement: the client may come again. */
    const reading = async (ctx: Context, work: () => Promise<void>) => {
      try {
        await work();
      } catch (error) {
        if (error instanceof QueryError) throw error;
        logs.tellTrouble(ctx.path, error);
        sendUnavailable(ctx, 'The log cannot be read at the moment', RETRY_AFTER_SECONDS);
      }
    };

    router.get('/api/v1/measurement/:measurementUid/proof', (ctx) =>
      reading(ctx, async () => {
        const measurementUid = ctx.params.measurementUid!;
        const notPublished = () => sendError(ctx, 404, NOT_PUBLISHED);
        const place = await findLoggedPlace(database, measurementUid, clientGone(ctx));
        if (place.kind === 'no_line') return sendError(ctx, 404, NO_LINE);
        if (place.kind === 'not_logged') return notPublished();
        const { object, leafIndex } = place;
        const head = await logs.head(object.collector_id);
        if (head === undefined) return notPublished();
        const readPart = logs.partsOf(object.collector_id);
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
          const collectorId = asked ?? logs.collectorId;
          const text = /^[a-z0-9]{1,8}$/.test(collectorId)
            ? await logs.published(collectorId, name)
            : undefined;
          if (text === undefined)
            return sendError(ctx, 404, 'No log is published for this collector_id');
          ctx.set('Cache-Control', 'max-age=60');
          ctx.set('Content-Type', 'text/plain; charset=utf-8');
          ctx.body = text;
        }),
      );
  };
}
