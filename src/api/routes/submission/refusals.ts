/** What was not accepted, as an answer and in the metrics. */
import type { Context } from 'koa';
import type { Discarded, Refusal, Rejected } from '../../../core/submission/judgement.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';

/** `endpoint`: the metrics' name of the path that it came on. */
export function refuse(
  ctx: Context,
  judgement: Rejected | Discarded,
  { metrics, endpoint }: { readonly metrics: ApiMetrics; readonly endpoint: 'legacy' | 'submit' },
): void {
  metrics.measurements.inc({ endpoint, outcome: judgement.kind });
  metrics.rejected.inc({ reason: judgement.code });
  if (judgement.kind === 'rejected') {
    sendRefusal(ctx, judgement);
    return;
  }
  ctx.set('Cache-Control', 'no-cache');
  sendJson(ctx, {});
}

export function sendRefusal(ctx: Context, refusal: Refusal): void {
  if (refusal.status === 422) sendIssues(ctx, refusal.issues);
  else sendError(ctx, refusal.status, refusal.detail);
}
