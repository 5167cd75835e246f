/** What the primary process and its workers tell each other, and what a worker is given at birth. */
import type { Registry } from 'prom-client';
import type { ApiConfig } from '../../config/api.ts';
import type { FollowedNews } from '../followed/sharing.ts';
import type { Lane } from '../microsecondClock.ts';
import type { MailAnswer, MailQuestion } from '../quotas/mailMessages.ts';
import type {
  QuotaAnswer,
  QuotaReport,
  QuotaSummaryAnswer,
  QuotaSummaryQuestion,
} from '../quotas/quotaMessages.ts';
import type { ServiceStats } from '../service.ts';

/** The parsed configuration, so that a worker that is started again has the one that was checked. */
export interface WorkerSetup {
  readonly configFile: string;
  readonly config: ApiConfig;
  /** File descriptors of the sockets that systemd opened, as the worker has them. */
  readonly listenFds: readonly number[];
  /** The times that it may give to measurements. */
  readonly lane: Lane;
}

/** Environment variable that makes a process a worker; its value is a WorkerSetup as JSON. */
export const WORKER_SETUP = 'OONI_API_WORKER';

export type FromWorker =
  | { readonly kind: 'listening' }
  /** Also the sign of life. Counts since the worker's start. */
  | ({ readonly kind: 'stats' } & ServiceStats)
  /** Answer to a ToWorker of the same kind and number. */
  | { readonly kind: 'metrics'; readonly number: number; readonly metrics: WorkerMetrics }
  | QuotaReport
  | QuotaSummaryQuestion
  /** For all other workers. */
  | FollowedNews
  | MailQuestion
  /** It cannot start, and trying again would not help. */
  | { readonly kind: 'unable'; readonly reason: string; readonly exitCode: number };

export type ToWorker =
  | { readonly kind: 'stop' }
  | QuotaAnswer
  | QuotaSummaryAnswer
  | FollowedNews
  | MailAnswer
  | { readonly kind: 'metrics'; readonly number: number };

/** A registry's metrics as prom-client adds them up. */
export type WorkerMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;
