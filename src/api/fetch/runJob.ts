/**
 * One run of a job: ask its sources in turn, take the first content that is as it should be, and put it
 * in place. Whatever goes wrong leaves what is in use.
 */
import { changeLines, type Held, objections } from '../../core/sources/acceptable.ts';
import { type Content, faultText, type Job, type SourceFile } from '../../core/sources/job.ts';
import { addressesAt, type SourceAddress, sourceName } from '../../core/sources/sourceAddress.ts';
import type { History, HistoryEntry, Store } from '../../core/sources/store.ts';
import type { Version } from '../../core/sources/version.ts';
import type { Fetched, Validators } from '../../edge/sources/readSource.ts';
import { SourceError } from '../../edge/sources/sourceError.ts';

export interface RunOptions {
  readonly job: Job;
  readonly addresses: readonly SourceAddress[];
  readonly store: Store;
  readonly history: History;
  read(address: SourceAddress, job: Job, known: Validators): Promise<Fetched>;
  /** Why a regular expression must not be taken; undefined when it may. */
  patternFault(pattern: string): string | undefined;
  /** The same of a file that is no table. */
  fileFault(files: readonly SourceFile[]): string | undefined;
  readonly limits: { readonly maxLossPercent: number; readonly leastRows?: number | undefined };
  readonly dryRun: boolean;
  readonly acceptShrink: boolean;
  /** Take also what `--back` took away. */
  readonly again: boolean;
  readonly nowMs: number;
  readonly host: string;
}

export type RunOutcome = {
  /** What is worth a look, and no reason not to take the rest: sources that failed, rows left out. */
  readonly warnings: readonly string[];
} & (
  | { readonly kind: 'unchanged'; readonly version: Version }
  /** It is what an operator took back. */
  | { readonly kind: 'withdrawn'; readonly sha256: string }
  | {
      readonly kind: 'replaced' | 'would-replace';
      readonly version: Version;
      readonly changes: readonly string[];
    }
  /** No source had anything that can be taken. `refused`: one had something, and it was not believed. */
  | { readonly kind: 'failed'; readonly refused: boolean; readonly reasons: readonly string[] }
);

/** Throws when the store cannot be asked or does not take it. */
export async function runJob(options: RunOptions): Promise<RunOutcome> {
  const { job, store, nowMs } = options;
  const current = await store.current();
  const held = await store.held();
  const reasons: string[] = [];
  let refused = false;
  for (const address of options.addresses.flatMap((one) => addressesAt(one, nowMs))) {
    const source = sourceName(address);
    let fetched: Fetched;
    try {
      fetched = await options.read(
        address,
        job,
        current?.source === source ? current.validators : {},
      );
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      reasons.push(error.message);
      continue;
    }
    if (fetched.kind === 'unchanged') {
      if (!options.dryRun) await noteLate(options, current!);
      return { kind: 'unchanged', version: current!, warnings: reasons };
    }
    const { files } = fetched;
    const judged = judge(options, files, held);
    if (judged.kind === 'refused') {
      refused = true;
      reasons.push(...judged.reasons.map((reason) => `${source}: ${reason}`));
      continue;
    }
    const { content } = judged;
    const version = {
      sha256: content.sha256,
      source,
      validators: fetched.validators,
      takenAtMs: nowMs,
      rows: content.rows,
    };
    return {
      ...(await take(options, content, files, version, current, held)),
      warnings: [...reasons, ...faultLines(content)],
    };
  }
  return { kind: 'failed', refused, reasons, warnings: [] };
}

function judge(
  { job, patternFault, fileFault, limits, acceptShrink }: RunOptions,
  files: readonly SourceFile[],
  held: ReadonlyMap<string, Held>,
):
  | { readonly kind: 'good'; readonly content: Content }
  | { readonly kind: 'refused'; readonly reasons: readonly string[] } {
  const parsed = job.parse(files);
  if (parsed.kind === 'invalid') return { kind: 'refused', reasons: [parsed.reason] };
  const { content } = parsed;
  const faults = [...patternFaults(content, patternFault), fileFault(files)].filter(
    (fault) => fault !== undefined,
  );
  const tables = job.replaces.kind === 'tables' ? job.replaces.tables : [];
  const { wrong, shrunk } = objections(content, tables, held, limits);
  const lost = acceptShrink
    ? []
    : shrunk.map((reason) => `${reason}; --accept-shrink takes it all the same`);
  const reasons = [...faults, ...wrong, ...lost];
  return reasons.length > 0 ? { kind: 'refused', reasons } : { kind: 'good', content };
}

/** Whoever sends one slow pattern may send thousands, and each costs seconds. */
const MOST_PATTERN_FAULTS = 3;

function patternFaults(
  { regularExpressions }: Content,
  patternFault: RunOptions['patternFault'],
): readonly string[] {
  const faults: string[] = [];
  for (const pattern of regularExpressions) {
    const fault = patternFault(pattern);
    if (fault !== undefined) faults.push(fault);
    if (faults.length === MOST_PATTERN_FAULTS) break;
  }
  return faults;
}

async function take(
  { job, store, history, dryRun, again, host, nowMs }: RunOptions,
  content: Content,
  files: readonly SourceFile[],
  version: Version,
  current: Version | undefined,
  held: ReadonlyMap<string, Held>,
) {
  if (content.sha256 === current?.sha256) {
    if (!dryRun) await noteLate({ job, history, host, nowMs }, current);
    return { kind: 'unchanged' as const, version: current };
  }
  const [last] = await history.read(job.name, 1);
  if (!again && last?.kind === 'back' && last.withdrawn === content.sha256)
    return { kind: 'withdrawn' as const, sha256: content.sha256 };
  const { replaces } = job;
  const changes =
    replaces.kind === 'tables'
      ? changeLines(content, held)
      : files.map(({ bytes }) => `${replaces.file}: ${bytes.length} bytes`);
  if (dryRun) return { kind: 'would-replace' as const, version, changes };
  await store.replace(content, files, version);
  await addNote(history, job, { kind: 'fetched', version, withdrawn: '', host });
  return { kind: 'replaced' as const, version, changes };
}

/**
 * The last note counts, by its time: one that was made by a clock that goes ahead, of another host say, must not
 * outlive what is noted now.
 */
async function addNote(history: History, { name }: Job, entry: HistoryEntry): Promise<void> {
  const [last] = await history.read(name, 1);
  const takenAtMs = Math.max(entry.version.takenAtMs, (last?.version.takenAtMs ?? 0) + 1);
  await history.add(name, { ...entry, version: { ...entry.version, takenAtMs } });
}

/** A run that ended between the exchange and its note of that: the note is made up for. */
async function noteLate(
  { job, history, host, nowMs }: Pick<RunOptions, 'job' | 'history' | 'host' | 'nowMs'>,
  current: Version,
): Promise<void> {
  const [last] = await history.read(job.name, 1);
  if (last?.version.sha256 !== current.sha256)
    await addNote(history, job, {
      kind: 'fetched',
      version: { ...current, takenAtMs: nowMs },
      withdrawn: '',
      host,
    });
}

const FAULTS_TOLD = 10;

function faultLines({ faults }: Content): readonly string[] {
  const told = faults.slice(0, FAULTS_TOLD).map(faultText);
  return faults.length > FAULTS_TOLD
    ? [...told, `${faults.length - FAULTS_TOLD} more rows at fault`]
    : told;
}

export type BackOutcome =
  | { readonly kind: 'back'; readonly version: Version }
  | { readonly kind: 'nothing-before' };

/**
 * Puts the former content in place. What it replaces is noted first, so that no timer fetches it again:
 * stopped in between, the note says of what is in use that it was withdrawn, and asking again does it.
 */
export async function takeBack({
  job,
  store,
  history,
  host,
  nowMs,
}: Pick<RunOptions, 'job' | 'store' | 'history' | 'host' | 'nowMs'>): Promise<BackOutcome> {
  const former = await store.former();
  const withdrawn = (await store.current())?.sha256 ?? '';
  if (former === undefined || former.sha256 === withdrawn) return { kind: 'nothing-before' };
  const version = { ...former, takenAtMs: nowMs };
  await addNote(history, job, { kind: 'back', version, withdrawn, host });
  await store.back();
  return { kind: 'back', version: former };
}
