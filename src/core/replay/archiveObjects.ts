/**
 * What the name of an archived object says about the measurements in it (protocol, scoring 7;
 * archive 3: date, country and test are taken from the file name).
 */
import { parseMeasurementUid } from '../measurement/measurementUid.ts';
import { plainTestName, TESTS_WITH_CANS } from '../nettests/testNameForms.ts';
import { addHours, parseHour } from './range.ts';

export type Layout = 'raw' | 'jsonl' | 'canned';
export const LAYOUTS: readonly Layout[] = ['raw', 'jsonl', 'canned'];

/** File endings, which tell how an object is read. */
const FORMATS = [
  'jsonl.gz',
  'tar.gz',
  'tar.lz4',
  'json.lz4',
  'yaml.lz4',
  'post',
  'post.gz',
] as const;
export type Format = (typeof FORMATS)[number];

export interface ObjectName {
  /** Key in the bucket; a local file outside of any layout has its path. */
  readonly key: string;
  /** Undefined outside of all layouts. */
  readonly layout: Layout | undefined;
  readonly format: Format;
  /** Hours `YYYYMMDDHH` that it covers, the second one excluded; undefined when the name does not say. */
  readonly since: string | undefined;
  readonly until: string | undefined;
  /** Upper case; undefined when the name does not say, or there are several. */
  readonly probeCc: string | undefined;
  /** Without underscores; undefined when the name does not say, or there are several. */
  readonly testName: string | undefined;
}

// <ts>_<cc>_<testname>.<host part>.<k>; the older ones have no hour.
const CAN = /^(\d{8})(\d\d)?_([A-Z0-9]{2})_([a-z0-9-]{1,60})\./;
// <time>-<cc>-<asn>-<test name>-<report id>-<format version>-probe
const REPORT = /^\d{8}T\d{6}Z-([A-Z]{2})-AS\d+-(.+)-[^-]+-\d+\.\d+\.\d+-probe\./;
const LAYOUT = /(?:^|\/)((raw|jsonl|canned)\/(?:.*\/)?[^/]+)$/;

/** Reads a key, or the path of a local file; undefined for what no replay can read (an index, say). */
export function parseObjectName(path: string): ObjectName | undefined {
  const base = path.slice(path.lastIndexOf('/') + 1);
  const format = FORMATS.find((ending) => base.endsWith(`.${ending}`));
  if (format === undefined) return undefined;
  const [, key = path, layout] = LAYOUT.exec(path) ?? [];
  const name = { key, layout: layout as Layout | undefined, format };
  switch (format) {
    case 'jsonl.gz':
    case 'tar.gz': {
      const [, day, hour, probeCc, testName] = CAN.exec(base) ?? [];
      return { ...name, ...span(day, hour), probeCc, testName };
    }
    case 'post':
    case 'post.gz': {
      const uid = parseMeasurementUid(base.slice(0, -(format.length + 1)));
      const { hour, probeCc, testName } = uid ?? {};
      return { ...name, ...span(hour?.slice(0, 8), hour?.slice(8)), probeCc, testName };
    }
    case 'tar.lz4': {
      // All countries; some hold several tests, so only a name that is a test's tells which.
      const test = plainTestName(base.slice(0, base.indexOf('.')));
      const testName = TESTS_WITH_CANS.has(test) ? test : undefined;
      return { ...name, ...cannedDay(key), probeCc: undefined, testName };
    }
    case 'json.lz4':
    case 'yaml.lz4': {
      const [, probeCc, test] = REPORT.exec(base) ?? [];
      // The test names of YAML reports are not today's.
      const testName =
        test !== undefined && format === 'json.lz4' ? plainTestName(test) : undefined;
      return { ...name, ...cannedDay(key), probeCc, testName };
    }
  }
}

/** `canned/<YYYY-MM-DD>/…`: the day of publication, whatever time stands in the file name. */
function cannedDay(key: string): Pick<ObjectName, 'since' | 'until'> {
  const folder = /(?:^|\/)(\d{4}-\d\d-\d\d)\/[^/]+$/.exec(key)?.[1];
  const day = folder === undefined ? undefined : parseHour(folder);
  return span(day?.slice(0, 8), undefined);
}

function span(day: string | undefined, hour: string | undefined) {
  if (day === undefined) return { since: undefined, until: undefined };
  const since = `${day}${hour ?? '00'}`;
  return { since, until: addHours(since, hour === undefined ? 24 : 1) };
}
