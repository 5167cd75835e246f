/** POST /api/v1/submit_measurement (protocol, probes 3.4.3). */
import { createHash, randomBytes } from 'node:crypto';
import type { Context } from 'koa';
import { boundFault, MAX_DEPTH } from '../../../core/json/bounds.ts';
import { jsonTextBytes } from '../../../core/json/edit.ts';
import { isObject } from '../../../core/json/jsonValue.ts';
import { parseJsonBytes, parseJsonText } from '../../../core/json/parseJson.ts';
import { submissionEnvelope } from '../../../core/measurement/envelope.ts';
import { checkMetadata } from '../../../core/measurement/metadata.ts';
import { makeReportId } from '../../../core/measurement/reportId.ts';
import { checkSubmission } from '../../../core/submission/submission.ts';
import { verificationWithoutManifest } from '../../../core/submission/verification.ts';
import {
  sendError,
  sendIssues,
  sendJson,
  sendUnavailable,
} from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { BodyReader } from './submissionBody.ts';
import { refuseFault } from './submissionBody.ts';
import type { Receiver } from './submissionStore.ts';

export interface SubmitRouteParts {
  readonly collectorId: string;
  readonly bodies: BodyReader;
  readonly receiver: Receiver;
  readonly metrics: ApiMetrics;
}

/** Version of the credential protocol; clients insist on a text. */
const PROTOCOL_VERSION = '0.1.0';
const RETRY_AFTER_SECONDS = 60;

export function submitRoute(parts: SubmitRouteParts): RouteFamily {
  return (router) => {
    const { metrics, bodies } = parts;

    router.post('/api/v1/submit_measurement', (ctx) =>
      bodies.withBody(
        ctx,
        async (body) => {
          const check = checkSubmission(parseJsonBytes(body));
          if (check.kind === 'invalid') {
            countRejected('bad_json');
            sendIssues(ctx, check.issues);
            return;
          }
          const { submission } = check;
          const bytes = jsonTextBytes(submission.content);
          // One level less: our envelope comes around it.
          const fault = boundFault(bytes, undefined, MAX_DEPTH - 1);
          if (fault !== undefined) {
            countRejected(fault);
            return refuseFault(ctx, fault, MAX_DEPTH - 1);
          }
          const content = parseJsonText(submission.content);
          if (content.kind === 'invalid') return reject(ctx, 'bad_json', { error: content.reason });
          if (!isObject(content.value))
            return reject(ctx, 'bad_json', {
              error: "'content' should be a json encoded as a string",
            });
          const metadata = checkMetadata(content.value);
          if (metadata.kind === 'rejected')
            return reject(ctx, metadata.error, {
              error: metadata.error,
              message: metadata.message,
            });
          const { probeCc, testName, asn } = metadata.metadata;
          const verification = verificationWithoutManifest(submission);
          metrics.bodyBytes.inc(body.length);
          const stored = await parts.receiver.store({
            // The exact text that was received (9.18), so that a fallback without credential is found.
            key: createHash('sha256').update(bytes).digest('hex'),
            probeCc,
            testName,
            make: (receivedMs) => {
              const idParts = { testName, probeCc, probeAsn: asn, collectorId: parts.collectorId };
              const reportId = makeReportId(idParts, receivedMs, randomBytes(12));
              const { protocolVersion, manifestVersion } = submission;
              const envelope = submissionEnvelope({
                content: bytes,
                reportId,
                protocolVersion,
                manifestVersion,
                isVerified: 'u',
              });
              return { reportId, envelope };
            },
          });
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
        (reason) => reject(ctx, 'bad_encoding', { error: 'bad_encoding', message: reason }),
      ),
    );

    const countRejected = (reason: string) => {
      metrics.measurements.inc({ endpoint: 'submit', outcome: 'rejected' });
      metrics.rejected.inc({ reason });
    };
    const reject = (ctx: Context, reason: string, detail: { error: string; message?: string }) => {
      countRejected(reason);
      sendError(ctx, 400, detail);
    };
  };
}
