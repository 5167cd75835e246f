/**
 * What workers counted, remembered: a worker that is slow to answer, or has ended, must not take its
 * counts out of the sums, or Prometheus sees a reset and makes up a burst. What a worker counted
 * between the last scrape and its sudden end is lost.
 */
import { AggregatorRegistry, type MetricType } from 'prom-client';
import type { WorkerMetrics } from './workerMessages.ts';

export interface MetricsMemory<Worker> {
  heard(worker: Worker, metrics: WorkerMetrics): void;
  ended(worker: Worker): void;
  /** The last of each worker, and what those that ended had counted. */
  all(): Promise<WorkerMetrics[]>;
}

/** What a process has at the moment ends with it. */
const COUNTING: ReadonlySet<string> = new Set(['counter', 'histogram']);

// prom-client declares an enumeration of numbers, and gives names.
const isCounting = ({ type }: { type: MetricType }) => COUNTING.has(String(type));

export function makeMetricsMemory<Worker>(): MetricsMemory<Worker> {
  const last = new Map<Worker, WorkerMetrics>();
  let ofEnded: WorkerMetrics[] = [];
  return {
    heard(worker, metrics) {
      last.set(worker, metrics);
    },
    ended(worker) {
      const metrics = last.get(worker);
      last.delete(worker);
      if (metrics !== undefined) ofEnded.push(metrics.filter(isCounting));
    },
    async all() {
      if (ofEnded.length > 1) {
        const summed = ofEnded;
        ofEnded = [];
        ofEnded.push(await AggregatorRegistry.aggregate(summed).getMetricsAsJSON());
      }
      return [...last.values(), ...ofEnded];
    },
  };
}
