/** Looks after the health of the service for `systemctl status`, the metrics and the log. */
import type { Fields, Log } from '../../log/log.ts';
import type { Health, HealthError } from './health.ts';

export interface HealthWatch {
  /** What was wrong at the last look. */
  readonly errors: readonly HealthError[];
  look(): Promise<void>;
}

interface Said {
  /** For the line in `systemctl status`. */
  readonly short: string;
  say(log: Log, fields: Fields): void;
}

const WRONG_CLOCK = 'the clock is wrong, submissions get 503';
const STEPPED_BACK = 'the clock was set back, submissions get 503 until it has gone on for 10 s';
const NO_ROOM = 'no room on the disk of the spool, submissions get 503';
const NO_SPOOL = 'the spool cannot be written, submissions get 503';
const NO_FASTPATH = 'ooni-fastpath does not answer, measurements wait for their scores';
const NO_CLICKHOUSE = 'ClickHouse does not answer, searches fail';

const TEXTS: Readonly<Record<HealthError, Said>> = {
  clock_out_of_range: {
    short: WRONG_CLOCK,
    say: (log, fields) => log.err(`${WRONG_CLOCK}: set it right: see \`timedatectl\``, fields),
  },
  clock_stepped_back: {
    short: STEPPED_BACK,
    say: (log, fields) => log.err(`${STEPPED_BACK}: look who sets it: see \`timedatectl\``, fields),
  },
  spool_full: {
    short: NO_ROOM,
    say: (log, fields) =>
      log.err(`${NO_ROOM}: see /usr/share/doc/ooni-common/operate.md, "Disk fills up"`, fields),
  },
  spool_error: {
    short: NO_SPOOL,
    say: (log, fields) => log.err(`${NO_SPOOL}: check its disk, its owners and modes`, fields),
  },
  fastpath_connection_error: {
    short: NO_FASTPATH,
    say: (log, fields) =>
      log.warning(`${NO_FASTPATH}: see \`systemctl status ooni-fastpath\``, fields),
  },
  clickhouse_error: {
    short: NO_CLICKHOUSE,
    say: (log, fields) =>
      log.warning(
        `${NO_CLICKHOUSE}: see /usr/share/doc/ooni-common/operate.md, "ClickHouse is down, or being upgraded"`,
        fields,
      ),
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
        if (!before.includes(error)) TEXTS[error].say(log, { health: error });
      for (const error of before)
        if (!errors.includes(error)) log.info('well again', { health: error });
    },
  };
}

/** What is wrong, for one line; empty when nothing is. */
export function healthText(errors: readonly HealthError[]): string {
  return errors.map((error) => TEXTS[error].short).join('; ');
}
