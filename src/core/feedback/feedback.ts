/** What people say of a measurement (protocol, data 5.2.9): is its verdict right? */
import { isObject, member } from '../json/jsonValue.ts';
import type { Query } from '../sql/query.ts';

export const FEEDBACK_STATUSES = [
  'blocked',
  'blocked.blockpage',
  'blocked.blockpage.http',
  'blocked.blockpage.dns',
  'blocked.blockpage.server_side',
  'blocked.blockpage.server_side.captcha',
  'blocked.dns',
  'blocked.dns.inconsistent',
  'blocked.dns.nxdomain',
  'blocked.tcp',
  'blocked.tls',
  'ok',
  'down',
  'down.unreachable',
  'down.misconfigured',
] as const;

export const FEEDBACK_TABLE = 'msmt_feedback';

export interface Feedback {
  readonly measurementUid: string;
  readonly status: (typeof FEEDBACK_STATUSES)[number];
}

export type FeedbackCheck =
  | { readonly kind: 'ok'; readonly feedback: Feedback }
  | { readonly kind: 'refused'; readonly detail: string };

/** Of no measurement is it longer. */
const MAX_UID_CHARACTERS = 100;

export function readFeedback(body: unknown): FeedbackCheck {
  const given = (name: string) => {
    const value = isObject(body) ? member(body, name) : undefined;
    return typeof value === 'string' ? value.trim() : '';
  };
  const measurementUid = given('measurement_uid');
  const text = given('status');
  const status = FEEDBACK_STATUSES.find((known) => known === text);
  if (measurementUid === '' || measurementUid.length > MAX_UID_CHARACTERS)
    return { kind: 'refused', detail: 'Invalid measurement_uid' };
  if (status === undefined) return { kind: 'refused', detail: 'Invalid status' };
  return { kind: 'ok', feedback: { measurementUid, status } };
}

/** A row to insert: it takes the place of what the account has said before. */
export function feedbackRow({ measurementUid, status }: Feedback, accountId: string): string {
  return JSON.stringify({ measurement_uid: measurementUid, account_id: accountId, status });
}

export interface FeedbackCount {
  readonly status: string;
  readonly accounts: number;
  /** 1 where the asker's own account is among them. */
  readonly own: number;
}

/** Accounts by status; each says one thing. `accountId`: the asker's, if any. */
export function feedbackQuery(measurementUid: string, accountId: string | undefined): Query {
  return {
    sql: `SELECT status, count() AS accounts, countIf(account_id = {account_id:String}) AS own
FROM msmt_feedback FINAL
WHERE measurement_uid = {measurement_uid:String}
GROUP BY status
ORDER BY status`,
    values: { measurement_uid: measurementUid, account_id: accountId ?? '' },
  };
}

export function feedbackAnswer(rows: readonly FeedbackCount[], accountId: string | undefined) {
  const summary = Object.fromEntries(rows.map(({ status, accounts }) => [status, accounts]));
  const own = accountId === undefined ? undefined : rows.find((row) => row.own > 0)?.status;
  return own === undefined ? { summary } : { summary, user_feedback: own };
}
