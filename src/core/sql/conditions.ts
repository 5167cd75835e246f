/** The WHERE clause of a query that has many optional filters, with its bound values. */
import type { Query } from './query.ts';

export interface Conditions {
  /** A condition, with the values that it names. */
  add(sql: string, values?: Query['values']): void;
  /** `column = value`; no condition for undefined. */
  equals(column: string, type: string, value: string | number | undefined): void;
  /** `column IN (…)`; no condition for undefined. */
  oneOf(
    column: string,
    type: string,
    list: readonly string[] | readonly number[] | undefined,
  ): void;
  /** All of them, joined by AND; true when there are none. */
  readonly sql: string;
  readonly values: Query['values'];
}

export function makeConditions(): Conditions {
  const conditions: string[] = [];
  const values: Record<string, Query['values'][string]> = {};
  const add: Conditions['add'] = (sql, more = {}) => {
    conditions.push(sql);
    Object.assign(values, more);
  };
  return {
    add,
    equals(column, type, value) {
      if (value !== undefined) add(`${column} = {${column}:${type}}`, { [column]: value });
    },
    oneOf(column, type, list) {
      if (list !== undefined) add(`${column} IN {${column}:Array(${type})}`, { [column]: list });
    },
    get sql() {
      return conditions.length === 0 ? 'true' : conditions.join('\n  AND ');
    },
    values,
  };
}
