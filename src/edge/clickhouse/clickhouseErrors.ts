/** What an error of ClickHouse says: the row's fault, the query's, or trouble of the server. */
import { ClickHouseError } from '@clickhouse/client';

// Codes of ClickHouse errors that the content of a row causes. Everything else (no connection,
// no space, too many parts, missing table, wrong password …) is trouble of the server: waiting helps.
const ROW_ERRORS = new Set([
  '6', // CANNOT_PARSE_TEXT
  '25', // CANNOT_PARSE_ESCAPE_SEQUENCE
  '26', // CANNOT_PARSE_QUOTED_STRING
  '27', // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  '38', // CANNOT_PARSE_DATE
  '41', // CANNOT_PARSE_DATETIME
  '53', // TYPE_MISMATCH
  '69', // ARGUMENT_OUT_OF_BOUND
  '70', // CANNOT_CONVERT_TYPE
  '72', // CANNOT_PARSE_NUMBER
  '117', // INCORRECT_DATA
  '131', // TOO_LARGE_STRING_SIZE
  '190', // SIZES_OF_ARRAYS_DONT_MATCH
  '321', // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
  '349', // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  '407', // DECIMAL_OVERFLOW
  '469', // VIOLATED_CONSTRAINT
  '691', // UNKNOWN_ELEMENT_OF_ENUM
]);

// Codes of what a server says of the statement, the tables or the user, however often it is asked.
const STATEMENT_ERRORS = new Set([
  '8', // THERE_IS_NO_COLUMN
  '16', // NO_SUCH_COLUMN_IN_TABLE
  '36', // BAD_ARGUMENTS
  '42', // NUMBER_OF_ARGUMENTS_DOESNT_MATCH
  '43', // ILLEGAL_TYPE_OF_ARGUMENT
  '46', // UNKNOWN_FUNCTION
  '47', // UNKNOWN_IDENTIFIER
  '48', // NOT_IMPLEMENTED
  '60', // UNKNOWN_TABLE
  '62', // SYNTAX_ERROR
  '81', // UNKNOWN_DATABASE
  '115', // UNKNOWN_SETTING
  '164', // READONLY
  '192', // UNKNOWN_USER
  '193', // WRONG_PASSWORD
  '194', // REQUIRED_PASSWORD
  '291', // DATABASE_ACCESS_DENIED
  '452', // SETTING_CONSTRAINT_VIOLATION
  '497', // ACCESS_DENIED
  '516', // AUTHENTICATION_FAILED
]);

/** True when the server refused what a row says: a smaller batch without that row would pass. */
export function isRowError(error: unknown): boolean {
  return error instanceof ClickHouseError && ROW_ERRORS.has(error.code);
}

/**
 * True when the server is there and refuses: asked again it will say the same, until somebody changes
 * tables, grants or config. What is in no list counts as trouble that may pass.
 */
export function isRefusal(error: unknown): boolean {
  return (
    isRowError(error) || (error instanceof ClickHouseError && STATEMENT_ERRORS.has(error.code))
  );
}

/** Why a query for a request failed: how long it took, what it needed, how busy the server is. */
export type QueryFault = 'timeout' | 'too_much' | 'busy' | 'error';

const TIMEOUT_ERRORS = new Set([
  '159', // TIMEOUT_EXCEEDED
  '160', // TOO_SLOW
]);

// A limit of this one query.
const SIZE_ERRORS = new Set([
  '158', // TOO_MANY_ROWS
  '191', // SET_SIZE_LIMIT_EXCEEDED
  '307', // TOO_MANY_BYTES
  '396', // TOO_MANY_ROWS_OR_BYTES
]);

// A limit of the server: the same query may pass later.
const BUSY_ERRORS = new Set([
  '201', // QUOTA_EXCEEDED
  '202', // TOO_MANY_SIMULTANEOUS_QUERIES
  '439', // CANNOT_SCHEDULE_TASK
]);

const MEMORY_LIMIT_EXCEEDED = '241';

export function queryFault(error: unknown): QueryFault {
  // The client's own, whose request_timeout_ms may be the shorter one.
  if (!(error instanceof ClickHouseError))
    return error instanceof Error && error.message === 'Timeout error.' ? 'timeout' : 'error';
  const { code, message } = error;
  if (TIMEOUT_ERRORS.has(code)) return 'timeout';
  if (SIZE_ERRORS.has(code)) return 'too_much';
  if (BUSY_ERRORS.has(code)) return 'busy';
  // One code for what the query took and for what all together took.
  if (code === MEMORY_LIMIT_EXCEEDED)
    return /\(total\)|\(for user\)|User memory/i.test(message) ? 'busy' : 'too_much';
  return 'error';
}
