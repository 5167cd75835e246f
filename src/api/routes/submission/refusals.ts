/** What was not accepted, as an answer and in the metrics. */
import type { Discarded, Refusal, Rejected } from '../../../core/submission/judgement.ts';
import { sendError, sendIssues, sendJson } from '../../../edge/http/errorAnswers.ts';
import type { Exchange } from '../../../edge/http/exchange.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';

/** `endpoint`: the metrics' name of the path that it came on. */
export function refuse(
  exchange: Exchange,
  judgement: Rejected | Discarded,
  { metrics, endpoint }: { readonly metrics: ApiMetrics; readonly endpoint: 'legacy' | 'submit' },
): void {
  metrics.measurements.inc({ endpoint, outcome: judgement.kind });
  metrics.rejected.inc({ reason: judgement.code });
  if (judgement.kind === 'rejected') {
    sendRefusal(exchange, judgement);
    return;
  }
  exchange.set('Cache-Control', 'no-cache');
  sendJson(exchange, {});
}

export function sendRefusal(exchange: Exchange, refusal: Refusal): void {
  if (refusal.status === 422) sendIssues(exchange, refusal.issues);
  else sendError(exchange, refusal.status, refusal.detail);
}
