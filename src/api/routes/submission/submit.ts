/** POST /api/v1/submit_measurement (protocol, probes 3.4.3). */
import { randomBytes } from 'node:crypto';
import { STORED_VERDICT } from '../../../core/credentials/verification.ts';
import { damagedSubmission, judgeSubmission } from '../../../core/submission/judgeSubmission.ts';
import { sendJson, sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { Credentials, Verified } from '../../credentials.ts';
import type { PlaceMismatches } from '../../placeMismatches.ts';
import type { Requests } from '../../requests.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import { PROTOCOL_VERSION } from './credentialRoutes.ts';
import { refuse } from './refusals.ts';
import type { BodyReader } from './submissionBody.ts';
import type { SubmissionStore } from './submissionStore.ts';

export interface SubmitRouteParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly submissions: SubmissionStore;
  readonly credentials: Credentials;
  readonly places: PlaceMismatches;
  readonly requests: Requests;
  readonly metrics: ApiMetrics;
}

const RETRY_AFTER_SECONDS = 60;

export function submitRoute(parts: SubmitRouteParts): RouteFamily {
  const { collectorId, metrics, bodies, credentials } = parts;
  const counted = { metrics, endpoint: 'submit' } as const;

  return (router) => {
    router.post('/api/v1/submit_measurement', (ctx) =>
      bodies.withBody(
        ctx,
        async (body) => {
          const judgement = judgeSubmission(body, {
            collectorId,
            random: randomBytes(12),
            credentialRules: credentials.rules,
          });
          if (judgement.kind === 'rejected') return refuse(ctx, judgement, counted);
          metrics.bodyBytes.inc(body.length);
          const { submission, credential } = judgement;
          // Of a repetition too: a client that lost the answer gets what it needs for its next proof.
          const verification: Verified =
            credential.kind === 'to_verify'
              ? await credentials.verify(credential.proof)
              : { ...credential.verification, submitResponse: null };
          const stored = await parts.submissions.store(
            submission(STORED_VERDICT[verification.status]),
          );
          metrics.measurements.inc({ endpoint: 'submit', outcome: stored.kind });
          if (stored.kind === 'failed') {
            sendUnavailable(ctx, stored.detail, RETRY_AFTER_SECONDS);
            return;
          }
          if (stored.kind === 'stored')
            parts.places.record(
              stored.answer.measurementUid,
              judgement.claimed,
              parts.requests.clientAddress(ctx),
            );
          ctx.set('Cache-Control', 'no-cache');
          sendJson(ctx, {
            measurement_uid: stored.answer.measurementUid,
            verification_status: verification.status,
            submit_response: verification.submitResponse,
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
