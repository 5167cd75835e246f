/** What was accepted, taken to where it is safe: counted, and its place compared. */
import type { Claimed } from '../../../core/probe/placeMismatch.ts';
import type { AcceptedSubmission } from '../../../core/submission/judgement.ts';
import { sendUnavailable } from '../../../edge/http/errorAnswers.ts';
import type { Exchange } from '../../../edge/http/exchange.ts';
import type { FirstAnswer } from '../../../edge/spool/seen.ts';
import type { ApiMetrics } from '../../apiMetrics.ts';
import type { PlaceMismatches } from '../../placeMismatches.ts';
import type { Requests } from '../../requests.ts';
import type { SubmissionStore } from './submissionStore.ts';

export interface AcceptedParts {
  readonly submissions: SubmissionStore;
  readonly places: PlaceMismatches;
  readonly requests: Requests;
  readonly metrics: ApiMetrics;
}

const RETRY_AFTER_SECONDS = 60;

/**
 * The answer that is kept of it, for whoever sends the same again; undefined when it could not be
 * stored, and then the client is told so. `endpoint`: the metrics' name of the path that it came on.
 */
export async function storeAccepted(
  exchange: Exchange,
  submission: AcceptedSubmission,
  claimed: Claimed,
  { submissions, places, requests, metrics }: AcceptedParts,
  endpoint: 'legacy' | 'submit',
): Promise<FirstAnswer | undefined> {
  const stored = await submissions.store(submission);
  metrics.measurements.inc({ endpoint, outcome: stored.kind });
  if (stored.kind === 'failed') {
    sendUnavailable(exchange, stored.detail, RETRY_AFTER_SECONDS);
    return undefined;
  }
  // Of a repetition too: it may come from elsewhere.
  places.record(stored.answer.measurementUid, claimed, requests.clientAddress(exchange));
  exchange.set('Cache-Control', 'no-cache');
  return stored.answer;
}
