/** POST /api/v1/submit_measurement (protocol, probes 3.4.3). */
import { randomFillSync } from 'node:crypto';
import { STORED_VERDICT, type Verification } from '../../../core/credentials/verification.ts';
import { REPORT_ID_RANDOM_BYTES } from '../../../core/measurement/reportId.ts';
import { makeRandomPool } from '../../../core/probe/randomPool.ts';
import { damagedSubmission, judgeSubmission } from '../../../core/submission/judgeSubmission.ts';
import { sendJson } from '../../../edge/http/errorAnswers.ts';
import type { Credentials, Verified } from '../../credentials.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import { type AcceptedParts, storeAccepted } from './accepted.ts';
import { PROTOCOL_VERSION } from './credentialRoutes.ts';
import { refuse } from './refusals.ts';
import type { BodyReader } from './submissionBody.ts';

export interface SubmitRouteParts extends AcceptedParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly credentials: Credentials;
}

/** Field by field: this is every submission, and a spread takes ten times that. */
function withoutResponse({ status, error }: Verification): Verified {
  return { status, error, submitResponse: null };
}

export function submitRoute(parts: SubmitRouteParts): RouteFamily {
  const { collectorId, metrics, bodies, credentials } = parts;
  const random = makeRandomPool(randomFillSync);
  const counted = { metrics, endpoint: 'submit' } as const;

  return (_router, direct) => {
    direct.post('/api/v1/submit_measurement', (exchange) =>
      bodies.withBody(
        exchange,
        async (body, layout, allocate) => {
          const setting = {
            collectorId,
            random: random(REPORT_ID_RANDOM_BYTES),
            credentialRules: credentials.rules,
            allocate,
          };
          const judgement = judgeSubmission(body, setting, layout);
          if (judgement.kind === 'rejected') return refuse(exchange, judgement, counted);
          metrics.bodyBytes.inc(body.length);
          const { submission, claimed, credential } = judgement;
          // Of a repetition too: a client that lost the answer gets what it needs for its next proof.
          const verification: Verified =
            credential.kind === 'to_verify'
              ? await credentials.verify(credential.proof)
              : withoutResponse(credential.verification);
          const judged = submission(STORED_VERDICT[verification.status]);
          const answer = await storeAccepted(exchange, judged, claimed, parts, 'submit');
          if (answer === undefined) return;
          sendJson(exchange, {
            measurement_uid: answer.measurementUid,
            verification_status: verification.status,
            submit_response: verification.submitResponse,
            protocol_version: PROTOCOL_VERSION,
            error: verification.error,
            report_id: answer.reportId,
          });
        },
        (reason) => refuse(exchange, damagedSubmission(reason), counted),
        'text',
      ),
    );
  };
}
