/** GET /api/v1/files: the archive's files of a day of receipt, to be fetched from the bucket (protocol, data 4.5). */

import { dayPrefix, parseObjectKey } from '../../archive/names.ts';
import { plainTestName } from '../../nettests/testNameForms.ts';
import type { LoggedObject } from '../../sql/archiveLog.ts';
import { DAY_MS } from '../../time/days.ts';
import type { Issue } from '../../validation/issues.ts';
import { readParameters } from '../parameterReader.ts';
import { datetime, integer, list, readAll, text } from '../parameters.ts';

export const fileListParameters = {
  day: datetime('The day of receipt, UTC; required'),
  hour: integer('Of the day this hour alone', { min: 0, max: 23 }),
  probe_cc: list('Countries, as two letters'),
  test_name: list('Tests'),
  after: text('Files after this key, as `next_url` has it', { maxLength: 1_024 }),
};

export interface FileList {
  /** What to list, in this order. */
  readonly prefixes: readonly string[];
  readonly probeCcs: readonly string[] | undefined;
  /** Without underscores. */
  readonly testNames: readonly string[] | undefined;
  /** The key of the last file that was seen; empty at the start. */
  readonly after: string;
}

export type FileListCheck =
  | { readonly kind: 'ok'; readonly asked: FileList }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  | { readonly kind: 'refused'; readonly detail: string };

export function readFileList(query: URLSearchParams): FileListCheck {
  const reader = readParameters(query);
  const given = readAll(fileListParameters, reader);
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  const { day, hour, after = '', probe_cc: probeCcs } = given;
  if (day === undefined || day % DAY_MS !== 0)
    return {
      kind: 'refused',
      detail: 'The parameter day is missing or no day: one day at a time, like day=2026-07-11',
    };
  const hours = hour === undefined ? Array.from({ length: 24 }, (_, each) => each) : [hour];
  // What is no country has no files: it must not become part of a path.
  const countries = probeCcs?.filter((cc) => /^[A-Z]{2}$/.test(cc));
  const country = countries?.length === 1 ? `${countries[0]}/` : '';
  const prefixes = hours.map(
    (each) => `${dayPrefix(day)}${String(each).padStart(2, '0')}/${country}`,
  );
  return {
    kind: 'ok',
    asked: {
      // A prefix that ends before the key has nothing after it.
      prefixes:
        countries?.length === 0
          ? []
          : prefixes.filter((prefix) => prefix >= after.slice(0, prefix.length)),
      probeCcs: countries,
      testNames: given.test_name?.map(plainTestName),
      after,
    },
  };
}

/** Is it a file of the archive that was asked for? */
export function isAskedFile(key: string, { probeCcs, testNames, after }: FileList): boolean {
  const parsed = parseObjectKey(key);
  if (parsed === undefined || key <= after) return false;
  const { probeCc, testName } = parsed.can.folder;
  return (
    (probeCcs === undefined || probeCcs.includes(probeCc)) &&
    (testNames === undefined || testNames.includes(testName))
  );
}

export interface ListedFile {
  readonly key: string;
  readonly sizeBytes: number;
  /** Of the store, where it has one. */
  readonly etag?: string | undefined;
}

/**
 * A file as the answer has it. `logged`: of its can's JSONL. Its lines are hashed one by one, in the log
 * (docs/archive.md); a tar has the same measurements in the same order.
 */
export function fileResult(file: ListedFile, logged: LoggedObject | undefined): object {
  return {
    key: file.key,
    size: file.sizeBytes,
    etag: file.etag ?? null,
    measurement_count: logged?.leaves ?? null,
    log: logged && { collector_id: logged.collector_id, first_leaf: logged.first_leaf },
  };
}

/** `after`: the last key that was seen, where there may be more. */
export function filesNextUrl(baseUrl: string, rawQuery: string, after: string): string {
  const query = new URLSearchParams(rawQuery);
  query.set('after', after);
  return `${baseUrl}/api/v1/files?${query}`;
}
