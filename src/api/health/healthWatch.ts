/** Looks after the health of the service for `systemctl status`, the metrics and the log. */
import type { Log } from '../../log/log.ts';
import type { Health, HealthError } from './health.ts';

export interface HealthWatch {
  /** What was wrong at the last look. */
  readonly errors: readonly HealthError[];
  look(): Promise<void>;
}

interface Said {
  readonly level: 'err' | 'warning';
  /** For the line in `systemctl status`. */
  readonly short: string;
  readonly advice: string;
}

const TEXTS: Readonly<Record<HealthError, Said>> = {
  clock_out_of_range: {
    level: 'err',
    short: 'the clock is wrong, submissions get 503',
    advice: 'set it right: see `timedatectl`',
  },
  clock_stepped_back: {
    level: 'err',
    short: 'the clock was set back, submissions get 503 until it has gone on for 10 s',
    advice: 'look who sets it: see `timedatectl`',
  },
  spool_full: {
    level: 'err',
    short: 'no room on the disk of the spool, submissions get 503',
    advice: 'see /usr/share/doc/ooni-common/operate.md, "Disk fills up"',
  },
  spool_error: {
    level: 'err',
    short: 'the spool cannot be written, submissions get 503',
    advice: 'check its disk, its owners and modes',
  },
  fastpath_connection_error: {
    level: 'warning',
    short: 'ooni-fastpath does not answer, measurements wait for their scores',
    advice: 'see `systemctl status ooni-fastpath`',
  },
  clickhouse_error: {
    level: 'warning',
    short: 'ClickHouse does not answer, searches fail',
    advice: 'see /usr/share/doc/ooni-common/operate.md, "ClickHouse is down, or being upgraded"',
  },
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
        if (!before.includes(error)) {
          const { level, short, advice } = TEXTS[error];
          log[level](`${short}: ${advice}`, { health: error });
        }
      for (const error of before)
        if (!errors.includes(error)) log.info('well again', { health: error });
    },
  };
}

/** What is wrong, for one line; empty when nothing is. */
export function healthText(errors: readonly HealthError[]): string {
  return errors.map((error) => TEXTS[error].short).join('; ');
}
