/** What workers and the primary process tell each other of login mails. */
import type { MailDecision } from '../../core/accounts/mailLimits.ts';

/** May a mail be sent? To be answered with the same number. */
export interface MailQuestion {
  readonly kind: 'may_mail';
  readonly number: number;
  /** See clientNetwork. */
  readonly client: string;
  readonly emailAddress: string;
}

export interface MailAnswer {
  readonly kind: 'may_mail';
  readonly number: number;
  readonly decision: MailDecision;
}
