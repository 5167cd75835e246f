/** POST /api/v1/submit_measurement (protocol, probes 3.4.3). */
import { randomBytes } from 'node:crypto';
import { damagedSubmission, judgeSubmission } from '../../../core/submission/judgeSubmission.ts';
import { sendJson, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import { refuse } from './refusals.ts';
import type { BodyReader } from './submissionBody.ts';
import type { SubmissionStore } from './submissionStore.ts';

export interface SubmitRouteParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly submissions: SubmissionStore;
  readonly metrics: ApiMetrics;
}

/** Version of the credential protocol; clients insist on a text. */
const PROTOCOL_VERSION = '0.1.0';
const RETRY_AFTER_SECONDS = 60;

export function submitRoute(parts: SubmitRouteParts): RouteFamily {
  const { collectorId, metrics, bodies } = parts;
  const counted = { metrics, endpoint: 'submit' } as const;

  return (router) => {
    router.post('/api/v1/submit_measurement', (ctx) =>
      bodies.withBody(
        ctx,
        async (body) => {
          const judgement = judgeSubmission(body, { collectorId, random: randomBytes(12) });
          if (judgement.kind === 'rejected') return refuse(ctx, judgement, counted);
          const { submission, verification } = judgement;
          metrics.bodyBytes.inc(body.length);
          const stored = await parts.submissions.store(submission);
          metrics.measurements.inc({ endpoint: 'submit', outcome: stored.kind });
          if (stored.kind === 'failed') {
            sendUnavailable(ctx, stored.detail, RETRY_AFTER_SECONDS);
            return;
          }
          ctx.set('Cache-Control', 'no-cache');
          sendJson(ctx, {
            measurement_uid: stored.answer.measurementUid,
            verification_status: verification.status,
            submit_response: null,
            protocol_version: PROTOCOL_VERSION,
            error: verification.error,
            report_id: stored.answer.reportId,
          });
        },
        (reason) => refuse(ctx, damagedSubmission(reason), counted),
      ),
    );
  };
}
