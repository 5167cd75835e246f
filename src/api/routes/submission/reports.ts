/** The older submission path: open, submit, close (protocol, probes 3.1 to 3.3). */
import { randomBytes } from 'node:crypto';
import {
  DAMAGED_REPORT,
  judgeReport,
  judgeReportId,
} from '../../../core/submission/judgeReport.ts';
import { NO_REPORT, openReport } from '../../../core/submission/openReport.ts';
import { sendJson, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { MicrosecondClock } from '../../microsecondClock.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import { type AcceptedParts, storeAccepted } from './accepted.ts';
import { refuse, sendRefusal } from './refusals.ts';
import type { BodyReader } from './submissionBody.ts';

export interface ReportRouteParts extends AcceptedParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly clock: MicrosecondClock;
}

/** Old clients know the backend by this version. */
const BACKEND_VERSION = '1.3.5';
const RETRY_AFTER_SECONDS = 60;

export function reportRoutes(parts: ReportRouteParts): RouteFamily {
  return (router) => {
    const { collectorId, metrics, bodies } = parts;
    const counted = { metrics, endpoint: 'legacy' } as const;

    router.post('/report', (ctx) =>
      bodies.withBody(
        ctx,
        (body) => {
          const opening = openReport(body, { collectorId, random: randomBytes(12) });
          if (opening.kind === 'refused') return sendRefusal(ctx, opening);
          const time = parts.clock.read();
          if (time.kind !== 'good') {
            sendUnavailable(ctx, 'The clock of this server is wrong', RETRY_AFTER_SECONDS);
            return;
          }
          ctx.set('Cache-Control', 'no-cache');
          sendJson(ctx, {
            backend_version: BACKEND_VERSION,
            report_id: opening.reportIdAt(Math.floor(time.us / 1000)),
            supported_formats: ['yaml', 'json'],
          });
        },
        () => sendRefusal(ctx, NO_REPORT),
      ),
    );

    router.post('/report/:reportId', async (ctx) => {
      const judged = judgeReportId(ctx.params.reportId!);
      if (judged.kind !== 'ok') return refuse(ctx, judged, counted);
      await bodies.withBody(
        ctx,
        async (body) => {
          const judgement = judgeReport(judged.report, body);
          if (judgement.kind === 'rejected') return refuse(ctx, judgement, counted);
          metrics.bodyBytes.inc(body.length);
          const { submission, claimed } = judgement;
          const answer = await storeAccepted(ctx, submission, claimed, parts, 'legacy');
          if (answer !== undefined) sendJson(ctx, { measurement_uid: answer.measurementUid });
        },
        () => refuse(ctx, DAMAGED_REPORT, counted),
      );
    });

    // Nothing is kept open, so there is nothing to close; neither id nor body matter.
    router.post('/report/:reportId/close', (ctx) => sendJson(ctx, {}));
  };
}
