/** One measurement's body (protocol, data 4.3, 4.4 and 4.6). */
import type { Context } from 'koa';
import {
  isShown,
  type MeasurementRow,
  newestRow,
  type RowKey,
  readRawKey,
} from '../../../core/endpoints/measurements/measurementRow.ts';
import { readParameters } from '../../../core/endpoints/parameterReader.ts';
import {
  type MeasurementUid,
  parseMeasurementUid,
} from '../../../core/measurement/measurementUid.ts';
import { tagAnswer } from '../../../edge/http/entityTag.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendJsonText,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { Spool } from '../../../edge/spool/spool.ts';
import type { BodyBounds, Busy } from '../../bodies/bounded.ts';
import { SPOOL_ROUTE, spoolPath } from '../../bodies/hosts.ts';
import type { BodyLookup, FoundBody } from '../../bodies/lookup.ts';
import { refuseBusy } from '../../bodies/texts.ts';
import { clientGone, type Database } from '../../database.ts';
import type { RouteFamily } from '../../routeFamily.ts';

export interface BodyRouteParts {
  readonly database: Database;
  readonly lookup: BodyLookup;
  readonly bounds: BodyBounds;
  readonly spool: Spool;
}

const NEW_LINE = Buffer.from('\n');
const RETRY_AFTER_SECONDS = 30;

export function bodyRoutes(parts: BodyRouteParts): RouteFamily {
  return (router) => {
    const { database, lookup, bounds, spool } = parts;

    const anyRow = async (
      key: RowKey,
      signal: AbortSignal,
    ): Promise<MeasurementRow | undefined> => {
      const [row] = await database.rows<MeasurementRow>(newestRow(key), signal);
      return row;
    };
    const findRow = async (
      key: RowKey,
      signal: AbortSignal,
    ): Promise<MeasurementRow | undefined> => {
      const row = await anyRow(key, signal);
      return isShown(row) ? row : undefined;
    };
    const bodyOf = (row: MeasurementRow, signal: AbortSignal) =>
      bounds.lookingFor(
        () =>
          lookup.find(
            { measurementUid: row.measurement_uid, reportId: row.report_id, input: row.input },
            signal,
          ),
        signal,
      );
    /** Room for a body until its reader has it; else the answer is set. */
    const hasRoom = (ctx: Context, bytes: number): boolean => {
      if (bounds.hold(ctx, bytes)) return true;
      refuseBusy(ctx);
      return false;
    };
    router.get('/api/v1/raw_measurement', async (ctx) => {
      const check = readRawKey(new URLSearchParams(ctx.querystring));
      if (check.kind === 'invalid') return sendIssues(ctx, check.issues);
      if (check.kind === 'refused') return sendError(ctx, check.status, check.detail);
      const signal = clientGone(ctx);
      const row = await findRow(check.key, signal);
      if (row === undefined) {
        ctx.set('Cache-Control', 'max-age=60');
        return sendJson(ctx, {});
      }
      const body = await bodyOf(row, signal);
      if (body.kind !== 'found') return refuseBody(ctx, body.kind, 'Measurement not found');
      if (!hasRoom(ctx, 2 * body.line.length)) return;
      ctx.set('Cache-Control', 'max-age=86400');
      sendJsonText(ctx, Buffer.concat([body.line, NEW_LINE]));
      tagAnswer(ctx);
    });

    router.get('/api/v1/measurement/:measurementUid', async (ctx) => {
      const parameters = readParameters(new URLSearchParams(ctx.querystring));
      const download = parameters.bool('download') ?? false;
      if (parameters.issues.length > 0) return sendIssues(ctx, parameters.issues);
      const measurementUid = ctx.params.measurementUid!;
      const body = await bodyByUid(measurementUid, clientGone(ctx));
      if (body.kind !== 'found')
        return refuseBody(ctx, body.kind, 'Incorrect or inexistent measurement_uid');
      if (!hasRoom(ctx, body.line.length)) return;
      ctx.set('Cache-Control', 'max-age=3600');
      if (download)
        ctx.set(
          'Content-Disposition',
          `attachment; filename=ooni_measurement-${measurementUid}.json`,
        );
      sendJsonText(ctx, body.line);
      tagAnswer(ctx);
    });

    const findInSpool = async (uid: MeasurementUid): Promise<FoundBody | undefined> => {
      const line = await lookup.findInSpool(uid);
      return line && { kind: 'found', line };
    };
    const bodyByUid = async (
      measurementUid: string,
      signal: AbortSignal,
    ): Promise<FoundBody | Busy> => {
      // In our own spool nothing but the uid is needed: a measurement that is not scored yet is found.
      const uid = parseMeasurementUid(measurementUid);
      // A spool that cannot be read is told of by the whole lookup.
      const fresh =
        uid && (await bounds.lookingFor(() => findInSpool(uid).catch(() => undefined), signal));
      if (fresh !== undefined) return fresh;
      const row = await anyRow({ measurementUid }, signal);
      if (row !== undefined) return isShown(row) ? bodyOf(row, signal) : { kind: 'nowhere' };
      // What could not be scored has no row, and is published all the same.
      return bounds.lookingFor(() => lookup.findPublished(measurementUid, signal), signal);
    };

    // For other hosts, which may hold the row of a measurement that is in our spool.
    router.get(`${SPOOL_ROUTE}:folder/:file`, async (ctx) => {
      const uid = parseMeasurementUid(ctx.params.file!.replace(/\.post$/, ''));
      const path = `${ctx.params.folder}/${ctx.params.file}`;
      const envelope =
        uid !== undefined && spoolPath(uid) === path
          ? await bounds.lookingFor(() => spool.read(uid), clientGone(ctx))
          : undefined;
      if (envelope === undefined) return sendError(ctx, 404, 'Not Found');
      if (!Buffer.isBuffer(envelope)) return refuseBusy(ctx);
      if (!hasRoom(ctx, envelope.length)) return;
      ctx.set('Cache-Control', 'no-cache');
      sendJsonText(ctx, envelope);
    });
  };
}

function refuseBody(
  ctx: Context,
  kind: 'nowhere' | 'unreachable' | 'busy',
  notFound: string,
): void {
  if (kind === 'busy') refuseBusy(ctx);
  else if (kind === 'nowhere') sendError(ctx, 404, notFound);
  else sendUnavailable(ctx, 'Measurement cannot be read at the moment', RETRY_AFTER_SECONDS);
}
