/** The arguments of `replay`. */
import type { Argv } from 'yargs';
import { plainTestName } from '../../core/nettests/testNameForms.ts';
import { LAYOUTS, type Layout } from '../../core/replay/archiveObjects.ts';
import { parseHour } from '../../core/replay/range.ts';
import type { Filter } from '../../core/replay/selection.ts';
import { type ConfigArguments, FatalError } from '../../program/cli.ts';
import { EXIT } from '../../program/exitCodes.ts';

export interface ReplayRequest {
  /** Local files and folders; empty: the bucket, and there is a range. */
  readonly files: readonly string[];
  readonly filter: Filter;
  /** Undefined: those that a day can have. */
  readonly layouts: readonly Layout[] | undefined;
  /** Measurements per second; 0: no limit. */
  readonly rate: number;
  readonly resume: string | undefined;
  /** SHA-256 of the set of fingerprints; undefined: the one in use. */
  readonly fingerprints: string | undefined;
  readonly dryRun: boolean;
}

/** An option that may be given several times, each with one value. */
const SEVERAL = { type: 'string', array: true, nargs: 1 } as const;

/** Adds the arguments of the command. */
export function replayOptions(cli: Argv<ConfigArguments>): Argv<ConfigArguments & ReplayArguments> {
  return cli
    .positional('files', {
      type: 'string',
      array: true,
      describe: 'local files or folders, instead of the bucket',
    })
    .option('since', {
      type: 'string',
      describe: 'first day or hour: YYYY-MM-DD or YYYY-MM-DDTHH, UTC',
    })
    .option('until', {
      type: 'string',
      describe: 'first day or hour that is not replayed any more',
    })
    .option('country', { ...SEVERAL, describe: 'only these, such as IT,IR' })
    .option('test', {
      ...SEVERAL,
      describe: 'only these, such as web_connectivity,signal',
    })
    .option('layout', {
      ...SEVERAL,
      describe: `only these parts of the bucket: ${LAYOUTS.join(',')} (default: what fits the days)`,
    })
    .option('rate', {
      type: 'string',
      default: '0',
      describe: 'measurements per second at most; 0: as fast as it goes',
    })
    .option('resume', {
      type: 'string',
      describe: 'file that keeps what is done: the same command with the same file goes on',
    })
    .option('fingerprints', {
      type: 'string',
      describe: 'the SHA-256 of a set that was in use; by default the one in use now',
    })
    .option('dry-run', {
      type: 'boolean',
      default: false,
      describe: 'only list size and name of what would be read',
    })
    .coerce(['country', 'test', 'layout'], joined) as unknown as Argv<
    ConfigArguments & ReplayArguments
  >;
}

/** A list may be given in one argument, or in several. */
function joined(given: string | readonly string[] | undefined): string | undefined {
  return typeof given === 'string' ? given : given?.join(',');
}

/** As yargs gives them. */
export type ReplayArguments = Partial<
  Record<
    'since' | 'until' | 'country' | 'test' | 'layout' | 'rate' | 'resume' | 'fingerprints',
    string | undefined
  >
> & {
  readonly files?: readonly string[] | undefined;
  readonly dryRun?: boolean;
};

/** Throws FatalError (64) that names the argument. */
export function parseReplayRequest(given: ReplayArguments): ReplayRequest {
  const files = given.files ?? [];
  const since = hour('--since', given.since);
  const until = hour('--until', given.until);
  if ((since === undefined) !== (until === undefined))
    throw usage('--since and --until belong together: give both');
  if (since === undefined && files.length === 0)
    throw usage('expected --since and --until, or files to replay');
  if (since !== undefined && until !== undefined && since >= until)
    throw usage('--until: expected a time after --since');
  const rate = Number(given.rate ?? 0);
  if (!Number.isFinite(rate) || rate < 0)
    throw usage(`--rate: expected a number of measurements per second, found "${given.rate}"`);
  const layouts = given.layout === undefined ? undefined : list(given.layout);
  if (layouts?.length === 0 || layouts?.some((name) => !LAYOUTS.includes(name as Layout)))
    throw usage(`--layout: expected some of ${LAYOUTS.join(', ')}, found "${given.layout}"`);
  const countries = list(given.country ?? '').map((cc) => cc.toUpperCase());
  const odd = countries.find((cc) => !/^[A-Z]{2}$/.test(cc));
  if (odd !== undefined) throw usage(`--country: expected two letters each, found "${odd}"`);
  return {
    files,
    filter: {
      range: since === undefined || until === undefined ? undefined : { since, until },
      countries: new Set(countries),
      tests: new Set(list(given.test ?? '').map(plainTestName)),
    },
    layouts: layouts as Layout[] | undefined,
    rate,
    resume: given.resume,
    fingerprints: given.fingerprints,
    dryRun: given.dryRun ?? false,
  };
}

/** What is replayed, as one line: two runs may share a resume file only when it is the same. */
export function requestText(request: ReplayRequest, bucket: string | undefined): string {
  const { files, filter, layouts } = request;
  return JSON.stringify({
    from: bucket ?? files,
    since: filter.range?.since,
    until: filter.range?.until,
    countries: [...filter.countries].sort(),
    tests: [...filter.tests].sort(),
    layouts,
    fingerprints: request.fingerprints,
  });
}

function hour(name: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const found = parseHour(text);
  if (found === undefined)
    throw usage(`${name}: expected YYYY-MM-DD or YYYY-MM-DDTHH, found "${text}"`);
  return found;
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function usage(message: string): FatalError {
  return new FatalError(message, EXIT.usage);
}
