/** /api/_/measurement_feedback (protocol, data 5.2.9): read by anyone, given by whoever is logged in. */
import {
  FEEDBACK_TABLE,
  type FeedbackCount,
  feedbackAnswer,
  feedbackQuery,
  feedbackRow,
  readFeedback,
} from '../../../core/feedback/feedback.ts';
import { setMaxAge } from '../../../edge/http/caching.ts';
import { sendError, sendJson } from '../../../edge/http/errorAnswers.ts';
import { clientGone, type Database } from '../../database.ts';
import type { JsonBodies } from '../../jsonBodies.ts';
import type { RouteFamily } from '../../routeFamily.ts';
import type { RowWriter } from '../../rowWriter.ts';
import type { Sessions } from '../../sessions.ts';

const MAX_BODY_BYTES = 4_096;

export function feedbackRoutes({
  sessions,
  database,
  writer,
  bodies,
}: {
  readonly sessions: Sessions;
  readonly database: Database;
  readonly writer: RowWriter;
  readonly bodies: JsonBodies;
}): RouteFamily {
  return (router) => {
    router.get('/api/_/measurement_feedback/:measurementUid', async (ctx) => {
      const accountId = (await sessions.of(ctx))?.accountId;
      const rows = await database.rows<FeedbackCount>(
        feedbackQuery(ctx.params.measurementUid!, accountId),
        clientGone(ctx),
      );
      setMaxAge(ctx, 0);
      sendJson(ctx, feedbackAnswer(rows, accountId));
    });

    router.post('/api/_/measurement_feedback', async (ctx) => {
      const session = await sessions.require(ctx, 'admin', 'user');
      if (session === undefined) return;
      const body = await bodies.readValue(ctx, MAX_BODY_BYTES);
      if (body === undefined) return;
      const check = readFeedback(body.value);
      if (check.kind === 'refused') return sendError(ctx, 400, check.detail);
      await writer.insert(FEEDBACK_TABLE, feedbackRow(check.feedback, session.accountId));
      ctx.set('Cache-Control', 'no-cache');
      sendJson(ctx, {});
    });
  };
}
