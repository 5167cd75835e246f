/** Looks after the health of the service for `systemctl status`, the metrics and the log. */
import {
  CHECK_SPOOL,
  FIND_SETTER,
  type HealthError,
  MAKE_ROOM,
  NO_CLICKHOUSE,
  NO_DISK_ROOM,
  NO_FASTPATH,
  NO_SPOOL,
  SEE_CLICKHOUSE,
  SEE_FASTPATH,
  SET_CLOCK,
  STEPPED_BACK,
  TROUBLES,
  WRONG_CLOCK,
} from '../../core/health/troubles.ts';
import type { Fields, Log } from '../../log/log.ts';
import type { Health } from './health.ts';

export interface HealthWatch {
  /** What was wrong at the last look. */
  readonly errors: readonly HealthError[];
  look(): Promise<void>;
}

/** Each said where it stands, for docs/messages.md; errors are what somebody must act on. */
const SAYINGS: Readonly<Record<HealthError, (log: Log, fields: Fields) => void>> = {
  clock_out_of_range: (log, fields) => log.err(`${WRONG_CLOCK}: ${SET_CLOCK}`, fields),
  clock_stepped_back: (log, fields) => log.err(`${STEPPED_BACK}: ${FIND_SETTER}`, fields),
  spool_full: (log, fields) => log.err(`${NO_DISK_ROOM}: ${MAKE_ROOM}`, fields),
  spool_error: (log, fields) => log.err(`${NO_SPOOL}: ${CHECK_SPOOL}`, fields),
  fastpath_connection_error: (log, fields) =>
    log.warning(`${NO_FASTPATH}: ${SEE_FASTPATH}`, fields),
  clickhouse_error: (log, fields) => log.warning(`${NO_CLICKHOUSE}: ${SEE_CLICKHOUSE}`, fields),
};

/** One line for each thing that goes wrong or is right again, whatever the number of requests. */
export function watchHealth(health: Health, log: Log): HealthWatch {
  let errors: readonly HealthError[] = [];
  return {
    get errors() {
      return errors;
    },
    async look() {
      const before = errors;
      errors = await health.errors();
      for (const error of errors)
        if (!before.includes(error)) SAYINGS[error](log, { health: error });
      for (const error of before)
        if (!errors.includes(error)) log.info('well again', { health: error });
    },
  };
}

/** What is wrong, for one line; empty when nothing is. */
export function healthText(errors: readonly HealthError[]): string {
  return errors.map((error) => TROUBLES[error].what).join('; ');
}
