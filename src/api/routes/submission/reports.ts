/** The older submission path: open, submit, close (protocol, probes 3.1 to 3.3). */
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { isObject, member } from '../../../core/json/jsonValue.ts';
import { parseJsonBytes } from '../../../core/json/parseJson.ts';
import { legacyEnvelope } from '../../../core/measurement/envelope.ts';
import { checkMetadata, reportMismatch } from '../../../core/measurement/metadata.ts';
import {
  checkReportId,
  makeReportId,
  openReportParts,
} from '../../../core/measurement/reportId.ts';
import { sendError, sendJson, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { MicrosecondClock } from '../../microsecondClock.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { BodyReader } from './submissionBody.ts';
import type { Receiver } from './submissionStore.ts';

export interface ReportRouteParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly receiver: Receiver;
  readonly clock: MicrosecondClock;
  readonly metrics: ApiMetrics;
}

/** Old clients know the backend by this version. */
const BACKEND_VERSION = '1.3.5';
const RETRY_AFTER_SECONDS = 60;

export function reportRoutes(parts: ReportRouteParts): RouteFamily {
  return (router) => {
    const { metrics, bodies } = parts;

    router.post('/report', (ctx) =>
      bodies.withBody(
        ctx,
        (body) => {
          const parsed = parseJsonBytes(body);
          if (parsed.kind === 'invalid' || !isObject(parsed.value)) {
            sendError(ctx, 400, 'JSON expected');
            return;
          }
          const time = parts.clock.read();
          if (time.kind !== 'good') {
            sendUnavailable(ctx, 'The clock of this server is wrong', RETRY_AFTER_SECONDS);
            return;
          }
          const reportParts = openReportParts(parsed.value, parts.collectorId);
          ctx.set('Cache-Control', 'no-cache');
          sendJson(ctx, {
            backend_version: BACKEND_VERSION,
            report_id: makeReportId(reportParts, Math.floor(time.us / 1000), randomBytes(12)),
            supported_formats: ['yaml', 'json'],
          });
        },
        () => sendError(ctx, 400, 'JSON expected'),
      ),
    );

    router.post('/report/:reportId', async (ctx) => {
      const reportId = ctx.params.reportId!;
      const report = checkReportId(reportId);
      if (report.kind === 'rejected') {
        reject(ctx, report.reason, 'Incorrect format');
        return;
      }
      if (report.kind === 'discard') {
        metrics.measurements.inc({ endpoint: 'legacy', outcome: 'discarded' });
        metrics.rejected.inc({ reason: report.reason });
        ctx.set('Cache-Control', 'no-cache');
        sendJson(ctx, {});
        return;
      }
      await bodies.withBody(
        ctx,
        async (body) => {
          const parsed = parseJsonBytes(body);
          const sent = parsed.kind === 'ok' && isObject(parsed.value) ? parsed.value : {};
          const content = member(sent, 'content');
          if (!isObject(content)) return reject(ctx, 'bad_json', 'Incorrect format');
          const mismatch = reportMismatch(report, content);
          if (mismatch !== undefined) return reject(ctx, mismatch, 'Inconsistent measurement');
          const check = checkMetadata(content);
          if (check.kind === 'rejected') return reject(ctx, check.error, check);
          metrics.bodyBytes.inc(body.length);
          const stored = await parts.receiver.store({
            key: submissionKey(reportId, body),
            probeCc: report.probeCc,
            testName: report.testName,
            make: () => ({ reportId, envelope: legacyEnvelope(body, member(sent, 'format')) }),
          });
          metrics.measurements.inc({ endpoint: 'legacy', outcome: stored.kind });
          if (stored.kind === 'failed') {
            sendUnavailable(ctx, stored.detail, RETRY_AFTER_SECONDS);
            return;
          }
          ctx.set('Cache-Control', 'no-cache');
          sendJson(ctx, { measurement_uid: stored.answer.measurementUid });
        },
        () => reject(ctx, 'bad_encoding', 'Incorrect format'),
      );
    });

    // Nothing is kept open, so there is nothing to close; neither id nor body matter.
    router.post('/report/:reportId/close', (ctx) => sendJson(ctx, {}));

    const reject = (
      ctx: Context,
      reason: string,
      detail: string | { readonly error: string; readonly message: string },
    ) => {
      metrics.measurements.inc({ endpoint: 'legacy', outcome: 'rejected' });
      metrics.rejected.inc({ reason });
      sendError(
        ctx,
        400,
        typeof detail === 'string' ? detail : { error: detail.error, message: detail.message },
      );
    };
  };
}

/** A repeated submission is one with the same report_id and body (9.18). */
function submissionKey(reportId: string, body: Uint8Array): string {
  const bodyHash = createHash('sha256').update(body).digest();
  return createHash('sha256').update(`${reportId}\0`).update(bodyHash).digest('hex');
}
