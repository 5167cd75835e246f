/**
 * A filter of a search by what scoring says of a measurement (protocol, data 4.1). Other columns are the same in all
 * versions of a measurement; these may differ, and the version written last counts.
 */
import type { Conditions } from '../../sql/conditions.ts';
import type { MeasurementSearch } from './measurementSearch.ts';
import { verificationCode } from './verification.ts';

/** What scoring says of a row. */
export const VERDICT_COLUMNS = ['anomaly', 'confirmed', 'msm_failure', 'is_verified'] as const;
type VerdictColumn = (typeof VERDICT_COLUMNS)[number];

export type VerdictFilter = Pick<
  MeasurementSearch,
  'anomaly' | 'confirmed' | 'failure' | 'verification'
>;

/** Columns with the text that each must be. */
function wantedOf({
  anomaly,
  confirmed,
  failure,
  verification,
}: VerdictFilter): (readonly [VerdictColumn, string])[] {
  const flag = (value: boolean | undefined) =>
    value === undefined ? undefined : value ? 't' : 'f';
  const wanted = {
    anomaly: flag(anomaly),
    confirmed: flag(confirmed),
    msm_failure: flag(failure),
    is_verified: verification === undefined ? undefined : verificationCode(verification),
  };
  return VERDICT_COLUMNS.flatMap((column) => {
    const text = wanted[column];
    return text === undefined ? [] : [[column, text] as const];
  });
}

export function isByVerdict(filter: VerdictFilter): boolean {
  return wantedOf(filter).length > 0;
}

/** Whether most measurements match: what is asked for is that nothing was found. */
export function isMostlyMatched(filter: VerdictFilter): boolean {
  const { anomaly, confirmed, failure, verification } = filter;
  return verification === undefined && ![anomaly, confirmed, failure].includes(true);
}

export function matchesVerdict(
  filter: VerdictFilter,
): (row: Readonly<Record<VerdictColumn, string>>) => boolean {
  const wanted = wantedOf(filter);
  return (row) => wanted.every(([column, text]) => row[column] === text);
}

export function addVerdict(conditions: Conditions, filter: VerdictFilter): void {
  for (const [column, text] of wantedOf(filter)) conditions.equals(column, 'String', text);
}

/** The same search, whatever scoring says. */
export function ofAnyVerdict(search: MeasurementSearch): MeasurementSearch {
  return {
    ...search,
    anomaly: undefined,
    confirmed: undefined,
    failure: undefined,
    verification: undefined,
  };
}
