/** Covers src/api/fetch/runJob.ts: what becomes of an answer of a source, whatever holds the content. */
import t from 'tap';
import { type RunOptions, runJob, takeBack } from '../../../src/api/fetch/runJob.ts';
import { fingerprintsJob } from '../../../src/core/sources/fingerprintsJob.ts';
import { parseSourceAddress } from '../../../src/core/sources/sourceAddress.ts';
import type { HistoryEntry } from '../../../src/core/sources/store.ts';
import type { Version } from '../../../src/core/sources/version.ts';
import type { Validators } from '../../../src/edge/sources/readSource.ts';
import { SourceError } from '../../../src/edge/sources/sourceError.ts';
import { fingerprintFiles, fingerprintRows } from '../../core/sources/files.ts';

const [FIRST, SECOND] = ['https://first.example/', 'https://second.example/'];

/** A store and a history in memory, and what sources were asked with. */
function setup(changed: Partial<RunOptions> = {}) {
  const generations: Version[] = [];
  const entries: HistoryEntry[] = [];
  const asked: { source: string; known: Validators }[] = [];
  const options: RunOptions = {
    job: fingerprintsJob,
    addresses: [FIRST, SECOND].map((text) => parseSourceAddress(text)!),
    store: {
      current: async () => generations[0],
      former: async () => generations[1],
      held: async () => new Map(),
      async replace(_content, _files, version) {
        generations.unshift(version);
        generations.length = Math.min(generations.length, 2);
      },
      async back() {
        generations.reverse();
      },
    },
    history: {
      read: async (_job, limit) => entries.slice(0, limit),
      async add(_job, entry) {
        entries.unshift(entry);
      },
    },
    read: async () => files(3),
    patternFault: () => undefined,
    fileFault: () => undefined,
    limits: { maxLossPercent: 20, leastRows: 1 },
    dryRun: false,
    acceptShrink: false,
    again: false,
    nowMs: 1_800_000_000_000,
    host: '7',
    ...changed,
  };
  const run = (more: Partial<RunOptions> = {}) => {
    const { read } = { ...options, ...more };
    return runJob({
      ...options,
      ...more,
      read: (address, job, known) => {
        asked.push({ source: 'base' in address ? address.base : '', known });
        return read(address, job, known);
      },
    });
  };
  return { options, run, generations, entries, asked };
}
const files = (rows: number, validators: Validators = {}, more: readonly string[] = []) => ({
  kind: 'files' as const,
  files: fingerprintFiles(fingerprintRows('dns', rows), [...fingerprintRows('http', 3), ...more]),
  validators,
});

t.test('what tells a version is sent only to the source that it is of', async (t) => {
  const { run, asked } = setup();
  await run({ read: async () => files(3, { [FIRST]: '"v1"' }) });
  const outcome = await run({
    read: async (address) => {
      if ('base' in address && address.base === FIRST) throw new SourceError('away');
      return files(3);
    },
  });
  t.match(outcome, { kind: 'unchanged', warnings: ['away'] }, 'the same content, from elsewhere');
  t.strictSame(asked, [
    { source: FIRST, known: {} },
    { source: FIRST, known: { [FIRST]: '"v1"' } },
    { source: SECOND, known: {} },
  ]);
});

t.test('slow patterns: a few are told of, and the others are not tried', async (t) => {
  const many = Array.from({ length: 1_000 }, (_, i) => `x${i},nat,,body,regexp,(a+)+${i},5,IT,,,`);
  let tried = 0;
  const { run, generations } = setup({
    read: async () => files(3, {}, many),
    patternFault: (pattern) => `${++tried}: ${pattern}`,
  });
  const outcome = await run();
  t.match(outcome, { kind: 'failed', refused: true });
  t.equal('reasons' in outcome && outcome.reasons.length, 6, 'three of each source');
  t.equal(tried, 6);
  t.strictSame(generations, []);
});

t.test('a bug or a store that fails is no fault of a source', async (t) => {
  const { run, generations, options, entries } = setup();
  await t.rejects(run({ read: () => Promise.reject(new TypeError('bug')) }), { message: 'bug' });
  const failing = { ...options.store, replace: () => Promise.reject(new Error('gone')) };
  await t.rejects(run({ store: failing }), { message: 'gone' });
  t.strictSame([generations, entries], [[], []], 'nothing says that it was taken');
});

t.test('back: to another content only, and noted before it is done', async (t) => {
  const { run, options, entries, generations } = setup();
  t.strictSame(await takeBack(options), { kind: 'nothing-before' });
  await run();
  await run({ read: async () => files(4) });
  const [bad, good] = generations as [Version, Version];
  const dying = { ...options.store, back: () => Promise.reject(new Error('stopped')) };
  await t.rejects(takeBack({ ...options, store: dying }), { message: 'stopped' });
  t.match(entries[0], { kind: 'back', withdrawn: bad.sha256 });
  t.match(await takeBack(options), { kind: 'back', version: { sha256: good.sha256 } });
  t.match(await run({ read: async () => files(4) }), { kind: 'withdrawn', sha256: bad.sha256 });
  generations.splice(0, 2, good, good);
  t.strictSame(await takeBack(options), { kind: 'nothing-before' }, 'it would change nothing');
});

t.test('a clock that went ahead does not undo what is taken back later', async (t) => {
  const { run, options, entries, generations } = setup();
  await run();
  await run({ read: async () => files(4), nowMs: options.nowMs + 86_400_000 });
  const [bad] = generations as [Version];
  // As the table gives them: by their times.
  const byTime: RunOptions['history'] = {
    ...options.history,
    read: async (_job, limit) =>
      [...entries].sort((a, b) => b.version.takenAtMs - a.version.takenAtMs).slice(0, limit),
  };
  t.match(await takeBack({ ...options, history: byTime }), { kind: 'back' });
  t.match(await run({ read: async () => files(4), history: byTime }), {
    kind: 'withdrawn',
    sha256: bad.sha256,
  });
});

t.test('a run that ended before its note is made up for, once', async (t) => {
  const { run, entries } = setup();
  await run();
  entries.length = 0;
  await run();
  await run();
  t.match(entries, [{ kind: 'fetched', host: '7' }]);
  t.equal(entries.length, 1);
  entries.length = 0;
  await run({ dryRun: true });
  t.strictSame(entries, [], 'a dry run writes nothing');
});
