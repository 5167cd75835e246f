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
  return (_router, direct) => {
    const { collectorId, metrics, bodies } = parts;
    const counted = { metrics, endpoint: 'legacy' } as const;

    direct.post('/report', (exchange) =>
      bodies.withBody(
        exchange,
        (body) => {
          const opening = openReport(body, { collectorId, random: randomBytes(12) });
          if (opening.kind === 'refused') return sendRefusal(exchange, opening);
          const time = parts.clock.read();
          if (time.kind !== 'good') {
            sendUnavailable(exchange, 'The clock of this server is wrong', RETRY_AFTER_SECONDS);
            return;
          }
          exchange.set('Cache-Control', 'no-cache');
          sendJson(exchange, {
            backend_version: BACKEND_VERSION,
            report_id: opening.reportIdAt(Math.floor(time.us / 1000)),
            supported_formats: ['yaml', 'json'],
          });
        },
        () => sendRefusal(exchange, NO_REPORT),
      ),
    );

    direct.post('/report/:reportId', async (exchange, reportId) => {
      const judged = judgeReportId(reportId);
      if (judged.kind !== 'ok') return refuse(exchange, judged, counted);
      await bodies.withBody(
        exchange,
        async (body, layout, allocate) => {
          const judgement = judgeReport(judged.report, body, layout, allocate);
          if (judgement.kind === 'rejected') return refuse(exchange, judgement, counted);
          metrics.bodyBytes.inc(body.length);
          const { submission, claimed } = judgement;
          const answer = await storeAccepted(exchange, submission, claimed, parts, 'legacy');
          if (answer !== undefined) sendJson(exchange, { measurement_uid: answer.measurementUid });
        },
        () => refuse(exchange, DAMAGED_REPORT, counted),
        'object',
      );
    });

    // Nothing is kept open, so there is nothing to close; neither id nor body matter.
    direct.post('/report/:reportId/close', (exchange) => sendJson(exchange, {}));
  };
}
