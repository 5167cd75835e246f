/**
 * What keeps ooni-api from its work, in the words that the journal, `systemctl status`, docs/messages.md and
 * ooni-doctor all say: what it is, and what is to be done.
 */

/** As `/health` names them, in this order where several are told. Names that others know are as there. */
export const HEALTH_ERRORS = [
  'clock_out_of_range',
  'clock_stepped_back',
  /** Less room than is to be left: submissions get 503. */
  'spool_full',
  /** Measurements cannot be stored: submissions get 503. */
  'spool_error',
  'fastpath_connection_error',
  'clickhouse_error',
] as const;
export type HealthError = (typeof HEALTH_ERRORS)[number];

// One by one, since docs/messages.md is made of what stands in a call of the log.
export const WRONG_CLOCK = 'the clock is wrong, submissions get 503';
export const SET_CLOCK = 'set it right: see `timedatectl`';
export const STEPPED_BACK =
  'the clock was set back, submissions get 503 until it has gone on for 10 s';
export const FIND_SETTER = 'look who sets it: see `timedatectl`';
export const NO_DISK_ROOM = 'no room on the disk of the spool, submissions get 503';
export const MAKE_ROOM = 'see /usr/share/doc/ooni-common/operate.md, "Disk fills up"';
export const NO_SPOOL = 'the spool cannot be written, submissions get 503';
export const CHECK_SPOOL = 'check its disk, its owners and modes';
export const NO_FASTPATH = 'ooni-fastpath does not answer, measurements wait for their scores';
export const SEE_FASTPATH = 'see `systemctl status ooni-fastpath`';
export const NO_CLICKHOUSE = 'ClickHouse does not answer, searches fail';
export const SEE_CLICKHOUSE =
  'see /usr/share/doc/ooni-common/operate.md, "ClickHouse is down, or being upgraded"';

export interface Trouble {
  readonly what: string;
  readonly todo: string;
}

export const TROUBLES: Readonly<Record<HealthError, Trouble>> = {
  clock_out_of_range: { what: WRONG_CLOCK, todo: SET_CLOCK },
  clock_stepped_back: { what: STEPPED_BACK, todo: FIND_SETTER },
  spool_full: { what: NO_DISK_ROOM, todo: MAKE_ROOM },
  spool_error: { what: NO_SPOOL, todo: CHECK_SPOOL },
  fastpath_connection_error: { what: NO_FASTPATH, todo: SEE_FASTPATH },
  clickhouse_error: { what: NO_CLICKHOUSE, todo: SEE_CLICKHOUSE },
};
