/**
 * Logging to standard error: one line an event, `key=value` fields.
 *
 * Under systemd each line begins with a journald priority prefix (`<6>`), which the journal strips
 * and stores as PRIORITY. In a terminal the level is written as a word instead.
 */
import { printable } from '../core/text/printable.ts';

export type Level = 'err' | 'warning' | 'info' | 'debug';

/** Values of a log field. `undefined` fields are left out. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  /** An operator must act: say what to do. */
  err(message: string, fields?: Fields): void;
  /** Look when there is time. */
  warning(message: string, fields?: Fields): void;
  /** A state changed. */
  info(message: string, fields?: Fields): void;
  /** One measurement. */
  debug(message: string, fields?: Fields): void;
  /** A log whose lines carry these fields too. */
  with(fields: Fields): Log;
}

// syslog(3) severities, as sd-daemon(3) wants them in the prefix.
const PRIORITY: Record<Level, number> = { err: 3, warning: 4, info: 6, debug: 7 };

export interface LogOptions {
  readonly level: Level;
  /** Write `<N>` prefixes (journald) rather than level names. */
  readonly journald: boolean;
  readonly write: (line: string) => void;
}

/** True when standard error is connected to the journal (systemd sets JOURNAL_STREAM). */
export function underJournald(env: NodeJS.ProcessEnv = process.env): boolean {
  return env.JOURNAL_STREAM !== undefined && !process.stderr.isTTY;
}

/** The log of a program: standard error, format by where that goes. */
export function openLog(level: Level): Log {
  return makeLog({ level, journald: underJournald(), write: (line) => process.stderr.write(line) });
}

export function makeLog(options: LogOptions, bound: Fields = {}): Log {
  const write = (level: Level, message: string, fields: Fields = {}) => {
    if (PRIORITY[level] > PRIORITY[options.level]) return;
    const prefix = options.journald
      ? `<${PRIORITY[level]}>`
      : level === 'info' || level === 'debug'
        ? ''
        : `${level}: `;
    options.write(`${prefix}${oneLine(message)}${formatFields({ ...bound, ...fields })}\n`);
  };
  return {
    err: (message, fields) => write('err', message, fields),
    warning: (message, fields) => write('warning', message, fields),
    info: (message, fields) => write('info', message, fields),
    debug: (message, fields) => write('debug', message, fields),
    with: (fields) => makeLog(options, { ...bound, ...fields }),
  };
}

/** For one of several processes that see the same: what another says already is for debugging here. */
export function quiet(log: Log): Log {
  const { debug } = log;
  return {
    err: debug,
    warning: debug,
    info: debug,
    debug,
    with: (fields) => quiet(log.with(fields)),
  };
}

function formatFields(fields: Fields): string {
  let text = '';
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    text += ` ${key}=${formatValue(value)}`;
  }
  return text;
}

function formatValue(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value);
  // Quoted whenever a reader that splits at blanks or '=' would misread it.
  const safe = printable(JSON.stringify(value));
  return safe === `"${value}"` && /^[^\s"=\\]+$/.test(value) ? value : safe;
}

// Text from outside must not be able to start a new journal line with a priority of its own.
function oneLine(text: string): string {
  return printable(text.replace(/\p{Cc}+/gu, ' '));
}

/** The text of anything thrown, with the texts of its causes. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  // An AggregateError (several refused connections, say) may have no message of its own.
  const own = error.message || code || error.name;
  return error.cause === undefined ? own : `${own}: ${errorText(error.cause)}`;
}
