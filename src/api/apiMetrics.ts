/** Prometheus metrics of one worker; the primary adds up those of all (docs/metrics.md). */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type ApiMetrics = ReturnType<typeof makeMetrics>;

/** Parts that count for themselves, read when the metrics are asked for. */
export interface CountingParts {
  readonly memory: { readonly usedBytes: number };
  readonly hints: { readonly dropped: number };
  readonly bounds: {
    readonly usedBytes: number;
    readonly running: number;
    readonly waiting: number;
  };
  readonly geoip: { readonly builtMs: number };
}

/** What URL prioritisation works with now. */
export interface PrioritisationState {
  readonly testListEntries: number;
  readonly rules: number;
  /** When each was read from its source, in milliseconds since 1970; 0: never. */
  readonly loadedAtMs: Readonly<Record<'test_list' | 'rules' | 'counters', number>>;
}

export function makeMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry, prefix: 'ooni_api_' });
  return {
    registry,
    collectFrom({ memory, hints, bounds, geoip }: CountingParts) {
      const gauge = (name: string, help: string, read: () => number) =>
        new Gauge({
          name,
          help,
          registers,
          collect() {
            this.set(read());
          },
        });
      gauge(
        'ooni_api_inflight_bytes',
        'Bodies of submissions held in memory now',
        () => memory.usedBytes,
      );
      gauge(
        'ooni_api_readers_bytes',
        'Measurement bodies held in memory now, for readers that have not taken them yet',
        () => bounds.usedBytes,
      );
      gauge(
        'ooni_api_body_lookups',
        'Measurement bodies that are being looked for now',
        () => bounds.running,
      );
      gauge(
        'ooni_api_body_lookups_waiting',
        'Requests that wait for the lookup of a measurement body to begin',
        () => bounds.waiting,
      );
      gauge(
        'ooni_api_hints_dropped',
        'Hints to ooni-fastpath that could not be sent since the start; its sweep finds those measurements',
        () => hints.dropped,
      );
      new Gauge({
        name: 'ooni_api_geoip_built_seconds',
        help: 'When the GeoIP database in use was made; 0: there is none. The oldest of all workers',
        registers,
        aggregator: 'min',
        collect() {
          this.set(geoip.builtMs / 1000);
        },
      });
    },
    collectPrioritisation(state: () => PrioritisationState) {
      // Of all workers the one that is worst off counts.
      const least = { registers, aggregator: 'min' } as const;
      new Gauge({
        ...least,
        name: 'ooni_api_test_list_entries',
        help: 'Entries of the URL test list in use; 0: it was never read, and probes get the list of the package',
        collect() {
          this.set(state().testListEntries);
        },
      });
      new Gauge({
        ...least,
        name: 'ooni_api_prioritisation_rules',
        help: 'Rules of URL prioritisation in use',
        collect() {
          this.set(state().rules);
        },
      });
      new Gauge({
        ...least,
        name: 'ooni_api_followed_timestamp_seconds',
        help: 'When a followed value in use was read from its source; 0: never',
        labelNames: ['value'],
        collect() {
          for (const [value, atMs] of Object.entries(state().loadedAtMs))
            this.set({ value }, atMs / 1000);
        },
      });
    },
    checkIns: new Counter({
      name: 'ooni_api_check_ins_total',
      help: 'Check-ins answered, by where their list is from: prioritised, sample, package',
      labelNames: ['list'],
      registers,
    }),
    checkInPlaces: new Counter({
      name: 'ooni_api_check_in_place_differs_total',
      help: 'Check-ins of probes that name another country or network than their address says',
      labelNames: ['differs'],
      registers,
    }),
    measurements: new Counter({
      name: 'ooni_api_measurements_total',
      help: 'Submissions by endpoint (legacy, submit) and outcome: stored, repeated, discarded, rejected, failed',
      labelNames: ['endpoint', 'outcome'],
      registers,
    }),
    rejected: new Counter({
      name: 'ooni_api_rejected_total',
      help: 'Submissions that were rejected or discarded, by reason',
      labelNames: ['reason'],
      registers,
    }),
    bodiesRefused: new Counter({
      name: 'ooni_api_bodies_refused_total',
      help: 'Bodies refused before they were looked into, by reason: coding, too_large, no_room, no_time, evicted, too_slow, invalid, aborted, too_many_values, too_deep',
      labelNames: ['reason'],
      registers,
    }),
    bodyBytes: new Counter({
      name: 'ooni_api_body_bytes_total',
      help: 'Size of the bodies of submissions after decompression',
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'ooni_api_store_seconds',
      help: 'Time to make one measurement durable in the spool',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
      registers,
    }),
    requests: new Counter({
      name: 'ooni_api_http_requests_total',
      help: 'Requests by route, method and status',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    requestSeconds: new Histogram({
      name: 'ooni_api_http_request_seconds',
      help: 'Time from the request headers to the end of the answer',
      labelNames: ['route'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    probePlaces: new Counter({
      name: 'ooni_api_probe_places_total',
      help: 'Stored measurements by whether they say the place of the address that they came from: match, cc, asn (each that differs), unknown',
      labelNames: ['outcome'],
      registers,
    }),
    mismatchesDropped: new Counter({
      name: 'ooni_api_place_mismatches_dropped_total',
      help: 'Differences of places that could not be recorded in ClickHouse',
      registers,
    }),
    verifications: new Counter({
      name: 'ooni_api_credential_verifications_total',
      help: 'Credentials that the verifier was asked of, by outcome: verified, deserialization_failed, protocol_error, credential_error, unusable (no answer in time, or none that can be used)',
      labelNames: ['outcome'],
      registers,
    }),
    probeLogins: new Counter({
      name: 'ooni_api_probe_logins_total',
      help: 'Logins of probes by outcome: ok, legacy (an id of the old registry), refused',
      labelNames: ['outcome'],
      registers,
    }),
    bodiesServed: new Counter({
      name: 'ooni_api_bodies_served_total',
      help: 'Measurement bodies looked up, by where they were: spool, hosts, archive, nowhere, unreachable',
      labelNames: ['source'],
      registers,
    }),
    loginMails: new Counter({
      name: 'ooni_api_login_mails_total',
      help: 'Login mails that were asked for, by outcome: sent, failed, enough (for that address), refused (too many)',
      labelNames: ['outcome'],
      registers,
    }),
    querySeconds: new Histogram({
      name: 'ooni_api_query_seconds',
      help: 'Time of one ClickHouse query with the reading of its rows, failed ones too',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25],
      registers,
    }),
    queryFailures: new Counter({
      name: 'ooni_api_query_failures_total',
      help: 'Queries that failed, by reason: timeout, too_much, busy, full, error',
      labelNames: ['reason'],
      registers,
    }),
  };
}
