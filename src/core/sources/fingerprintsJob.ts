/** Fingerprints of block pages and injected answers (protocol, scoring 4). */
import { FingerprintError, fingerprintFromRow } from '../fingerprints/fingerprint.ts';
import { FINGERPRINT_FILES, fingerprintSetSha256 } from '../fingerprints/fingerprintSet.ts';
import { type CsvRecord, csvRecords } from './csvRecords.ts';
import {
  type Fault,
  faultText,
  type Job,
  type Parsed,
  type SourceFile,
  type TableContent,
} from './job.ts';

const COLUMNS = [
  'name',
  'scope',
  'other_names',
  'location_found',
  'pattern_type',
  'pattern',
  'confidence_no_fp',
  'expected_countries',
  'source',
  'exp_url',
  'notes',
] as const;

const SCOPES = ['nat', 'isp', 'prod', 'inst', 'vbw', 'fp', 'injb', 'prov'];
const PATTERN_TYPES = ['full', 'prefix', 'contains', 'regexp'];
/** The column in ClickHouse has a byte. */
const MOST_CONFIDENCE = 255;
/** Shorter ones are in nearly every page, and would confirm it. */
const LEAST_BODY_PATTERN = 3;
/** Twenty times the longest of today. */
const MOST_PATTERN = 16_384;

const MOST_ROWS = 49_999;

interface Kind {
  readonly file: string;
  readonly table: string;
  readonly location: RegExp;
  readonly locationExpected: string;
}

const KINDS: readonly Kind[] = [
  {
    file: FINGERPRINT_FILES[0],
    table: 'fingerprints_dns',
    location: /^dns$/,
    locationExpected: 'dns',
  },
  {
    file: FINGERPRINT_FILES[1],
    table: 'fingerprints_http',
    location: /^(body|header\.[a-z0-9-]+)$/,
    locationExpected: 'body, or header. and a name in lower case',
  },
];

const COUNTRIES =
  "arrayFilter(cc -> cc NOT IN ('', 'ZZ'), arrayDistinct(splitByChar(',', upper(expected_countries))))";

export const fingerprintsJob: Job = {
  name: 'fingerprints',
  periodSeconds: 3_600,
  files: KINDS.map(({ file }) => file),
  wants: (path) => KINDS.some(({ file }) => file === path),
  parse: parseFingerprints,
  replaces: {
    kind: 'tables',
    tables: KINDS.map(({ table }) => ({
      table,
      countries: COUNTRIES,
      leastRows: 101,
      mostRows: MOST_ROWS,
    })),
  },
};

/** A row at fault is the end of it: which one was meant is for those who publish them to say. */
function parseFingerprints(files: readonly SourceFile[]): Parsed {
  const tables: TableContent[] = [];
  const faults: Fault[] = [];
  const regularExpressions: string[] = [];
  const names = new Map<string, string>();
  const patterns = new Map<string, string>();
  const found: Uint8Array[] = [];
  for (const kind of KINDS) {
    const file = files.find(({ name }) => name === kind.file);
    if (file === undefined) return { kind: 'invalid', reason: `${kind.file} is not there` };
    found.push(file.bytes);
    const read = csvRecords(file, COLUMNS, { loose: false, mostRecords: MOST_ROWS });
    if (read.kind === 'invalid') return read;
    const byCountry = new Map<string, number>();
    const lines: string[] = [];
    for (const record of read.records) {
      const checked = checkRecord(record, kind);
      if (typeof checked === 'string')
        return {
          kind: 'invalid',
          reason: faultText({ file: kind.file, line: record.line, problem: checked }),
        };
      const { row, line } = record;
      const again = (what: string, place: string | undefined) =>
        place === undefined ||
        faults.push({
          file: kind.file,
          line,
          problem: `${what} again, after ${place}; taken all the same`,
        });
      const pattern = JSON.stringify([row.location_found, row.pattern_type, row.pattern]);
      again(`name ${quoted(row.name)}`, names.get(row.name!));
      again(`the pattern of ${quoted(row.name)}`, patterns.get(pattern));
      names.set(row.name!, `${kind.file}:${line}`);
      patterns.set(pattern, `${kind.file}:${line}`);
      if (row.pattern_type === 'regexp') regularExpressions.push(row.pattern!);
      for (const cc of checked) byCountry.set(cc, (byCountry.get(cc) ?? 0) + 1);
      const cells = Object.fromEntries(COLUMNS.map((column) => [column, row[column]]));
      lines.push(
        JSON.stringify({
          position: lines.length,
          ...cells,
          confidence_no_fp: Number(row.confidence_no_fp),
        }),
      );
    }
    tables.push({ table: kind.table, lines, byCountry });
  }
  return {
    kind: 'ok',
    content: {
      tables,
      rows: tables.reduce((sum, { lines }) => sum + lines.length, 0),
      sha256: fingerprintSetSha256(found[0]!, found[1]!),
      faults,
      regularExpressions,
    },
  };
}

/** The countries of a good row, or what is wrong with it. */
function checkRecord({ row }: CsvRecord, kind: Kind): readonly string[] | string {
  const oneOf = (column: string, allowed: readonly string[]) =>
    allowed.includes(row[column]!)
      ? undefined
      : `${column}: expected one of ${allowed.join(', ')}, found ${quoted(row[column])}`;
  if (row.name === '') return 'name: expected a text, found nothing';
  const wrong = oneOf('scope', SCOPES) ?? oneOf('pattern_type', PATTERN_TYPES);
  if (wrong !== undefined) return wrong;
  if (!kind.location.test(row.location_found!))
    return `location_found: expected ${kind.locationExpected}, found ${quoted(row.location_found)}`;
  const least = row.location_found === 'body' ? LEAST_BODY_PATTERN : 1;
  const { length } = row.pattern!;
  if (length < least || length > MOST_PATTERN)
    return `pattern: expected ${least} to ${MOST_PATTERN} characters, found ${length}`;
  try {
    const { confidenceNoFp, expectedCountries } = fingerprintFromRow(row);
    if (confidenceNoFp < 0 || confidenceNoFp > MOST_CONFIDENCE)
      return `confidence_no_fp: expected 0 to ${MOST_CONFIDENCE}, found ${confidenceNoFp}`;
    return expectedCountries;
  } catch (error) {
    if (!(error instanceof FingerprintError)) throw error;
    return error.message.replace(/^column /, '');
  }
}

function quoted(text: string | undefined): string {
  return JSON.stringify((text ?? '').slice(0, 100));
}
