/** The measuring part of bench/scoring.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, hostname } from 'node:os';
import path from 'node:path';
import { parseFingerprintsCsv } from '../src/core/fingerprints/fingerprint.ts';
import { compileFingerprints, type FingerprintSet } from '../src/core/fingerprints/match.ts';
import { compilePatterns } from '../src/core/fingerprints/patternSearch.ts';
import { scorePost } from '../src/core/scoring/scorePost.ts';
import { randomChoices } from '../test/support/random.ts';
import { bodyFingerprints, makePage, makePatterns, makePost } from './scoring-data.ts';
import { slowPosts } from './slow-posts.ts';
import { reportRow } from './support/report.ts';

const ROOT = process.argv[2] ?? '.';
const UID = '20260821101503.123456_IT_webconnectivity_9362da5cc13da58a';
const ROUNDS = 9;
const POSTS = 250;
const SIZES = [2_000, 32_000, 116_000, 1_000_000];
const BYTES_OF_A_SIZE = 8e6;
const POST_BYTES = { smallest: 10_000, largest: 300_000, average: 116_000 };
/** Trying patterns in turn is slow: it is measured on a part of the data, for about so long. */
const IN_TURN_MS = 400;

function main(): void {
  console.log(
    `${hostname()}: ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, node ${process.version}`,
  );
  const inUse = fingerprintsInUse();
  const known = inUse ?? compileFingerprints([], bodyFingerprints(makePatterns(1_311)));
  benchScoring(known);
  for (const bytes of SIZES) benchSize(known, bytes);
  benchLarge(known);
  benchSlow(known);
  for (const count of [100, 1_300, 13_000]) benchSearch('made-up', makePatterns(count));
  if (inUse) benchSearch('used', inUse.patterns);
  benchHardBodies();
}

/** The fingerprints that the world uses, when they are at hand; else the bench makes up as many. */
function fingerprintsInUse(): (FingerprintSet & { patterns: readonly string[] }) | undefined {
  const shared = process.env.OONI_SHARED ?? path.join(ROOT, '../shared');
  const folder = path.join(shared, 'fixtures/fingerprints');
  if (!existsSync(folder)) return undefined;
  const read = (name: string) =>
    parseFingerprintsCsv(readFileSync(path.join(folder, name), 'utf8'));
  const [dns, http] = [read('fingerprints_dns.csv'), read('fingerprints_http.csv')];
  console.log(`fingerprints in use: ${dns.length} DNS, ${http.length} HTTP`);
  const patterns = http
    .filter(({ locationFound }) => locationFound === 'body')
    .map(({ pattern }) => pattern);
  return { ...compileFingerprints(dns, http), patterns };
}

function benchScoring(known: FingerprintSet): void {
  const random = randomChoices(1);
  const posts = Array.from({ length: POSTS }, () =>
    makePost(random, pageBytes(random.below(1e6) / 1e6)),
  );
  const bytes = posts.reduce((sum, post) => sum + post.length, 0);
  const sizes = posts.map((post) => post.length);
  console.log(
    `scoring ${posts.length} web_connectivity measurements of ${kilobytes(Math.min(...sizes))} to ${kilobytes(Math.max(...sizes))}, ${kilobytes(bytes / posts.length)} on average, on one core:`,
  );
  let rows = 0;
  const parse = () => {
    for (const post of posts) JSON.parse(post.toString('utf8'));
  };
  const score = () => {
    for (const post of posts) {
      if (scorePost(post, UID, known).kind === 'row') rows++;
    }
  };
  const [parseMs, scoreMs] = alternate(parse, score) as [number, number];
  if (rows !== posts.length * (ROUNDS + 1)) throw new Error('not every measurement was scored');
  console.log(`  bytes to outcome   ${megabytesPerSecond(bytes, scoreMs)}`);
  console.log(`  JSON.parse alone   ${megabytesPerSecond(bytes, parseMs)}`);
  console.log(`  ratio              ${(parseMs / scoreMs).toFixed(2)}`);
}

/** Measurements of one size, beside JSON.parse of the same. */
function benchSize(known: FingerprintSet, bytes: number): void {
  const random = randomChoices(bytes);
  const posts = Array.from({ length: Math.ceil(BYTES_OF_A_SIZE / bytes) }, () =>
    makePost(random, Math.max(0, bytes - 5_000) / 1.12),
  );
  const sizeBytes = posts.reduce((sum, post) => sum + post.length, 0);
  const [parseMs, scoreMs] = alternate(
    () => {
      for (const post of posts) JSON.parse(post.toString('utf8'));
    },
    () => {
      for (const post of posts) scorePost(post, UID, known);
    },
  ) as [number, number];
  const average = kilobytes(sizeBytes / posts.length);
  reportRow({
    name: `scoring ${average}`,
    value: sizeBytes / scoreMs / 1000,
    unit: 'MB/s',
    better: 'more',
    limit: sizeBytes / parseMs / 1000,
    limitName: 'JSON.parse',
  });
  console.log(
    `scoring ${posts.length} of ${average}: ${megabytesPerSecond(sizeBytes, scoreMs)}, ratio to JSON.parse ${(parseMs / scoreMs).toFixed(2)}`,
  );
}

/** One page of so many bytes that the measurement has 10 MB. */
function benchLarge(known: FingerprintSet): void {
  const post = makePost(randomChoices(10), 8_930_000);
  const [parseMs, scoreMs] = alternate(
    () => JSON.parse(post.toString('utf8')),
    () => scorePost(post, UID, known),
  ) as [number, number];
  console.log(
    `scoring one of ${(post.length / 1e6).toFixed(1)} MB: ${Math.round(scoreMs)} ms, ${megabytesPerSecond(post.length, scoreMs)}, ratio to JSON.parse ${(parseMs / scoreMs).toFixed(2)}`,
  );
}

/** Measurements made to be slow, as multiples of parsing them. */
function benchSlow(known: FingerprintSet): void {
  console.log('scoring measurements of 1 MB made to be slow, as multiples of JSON.parse:');
  for (const [name, post] of slowPosts(1_000_000)) {
    const [parseMs, scoreMs] = alternate(
      () => JSON.parse(post.toString('utf8')),
      () => scorePost(post, UID, known),
    ) as [number, number];
    console.log(`  ${name.padEnd(32)} ${(scoreMs / parseMs).toFixed(1)}`);
  }
}

/** Spread so that the average comes out; escapes and the rest of a post are added to the page. */
function pageBytes(share: number): number {
  const { smallest, largest, average } = POST_BYTES;
  const exponent = (largest - smallest) / (average - smallest) - 1;
  return (smallest + (largest - smallest) * share ** exponent - 5_000) / 1.12;
}

function benchSearch(kind: string, patterns: readonly string[]): void {
  const startedAt = performance.now();
  const search = compilePatterns(patterns);
  const compileMs = performance.now() - startedAt;
  const count = patterns.length.toLocaleString('en');
  console.log(`searching for ${count} ${kind} patterns (compiled in ${compileMs.toFixed(0)} ms):`);
  for (const length of [10_000, 100_000, 1_000_000]) {
    const random = randomChoices(length);
    const pages = Array.from({ length: Math.max(4, 4_000_000 / length) }, () =>
      makePage(random, length),
    );
    report(`${kilobytes(length)} pages`, patterns, pages, search);
  }
}

/** Bodies made to pass the filters wherever they are looked at. */
function benchHardBodies(): void {
  const patterns = makePatterns(1_300);
  const search = compilePatterns(patterns);
  console.log('searching for 1,300 patterns in 1 MB bodies made to be slow:');
  const repeat = (text: string) => text.repeat(Math.ceil(1_000_000 / text.length));
  const cut = patterns.map((pattern) => pattern.slice(0, -1));
  report('all patterns but their last character', patterns, [repeat(cut.join(' '))], search);
  report(
    'all patterns but their first',
    patterns,
    [repeat(patterns.map((p) => p.slice(1)).join(' '))],
    search,
  );
  const longest = cut.reduce((a, b) => (a.length > b.length ? a : b));
  report('the longest pattern but its last', patterns, [repeat(longest)], search);
  const hard = [...patterns, `${'a'.repeat(500)}b`];
  report('aaaa, for 500 of them and a b', hard, [repeat('a')], compilePatterns(hard));
}

function report(
  name: string,
  patterns: readonly string[],
  bodies: readonly string[],
  search: (body: string) => readonly number[],
): void {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  const ms = fastest(() => {
    for (const body of bodies) search(body);
  });
  const inTurn = inTurnMsPerByte(patterns, bodies);
  console.log(
    `  ${name.padEnd(38)} ${megabytesPerSecond(bytes, ms)}, ${((inTurn * bytes) / ms).toFixed(0)} times as fast as in turn (${megabytesPerSecond(1, inTurn)})`,
  );
}

/** Time of trying each pattern in turn. */
function inTurnMsPerByte(patterns: readonly string[], bodies: readonly string[]): number {
  const startedAt = performance.now();
  let bytes = 0;
  let found = 0;
  for (const body of bodies) {
    if (performance.now() - startedAt > IN_TURN_MS) break;
    for (const pattern of patterns) if (body.includes(pattern)) found++;
    bytes += body.length;
  }
  const ms = performance.now() - startedAt;
  // A result that nobody uses would let the compiler drop the work.
  if (found < 0) throw new Error('impossible');
  return ms / bytes;
}

/** Shortest time of several rounds, after one to warm up: the one least disturbed by others. */
function fastest(work: () => void): number {
  return alternate(work)[0]!;
}

/** The same for several works in turns, so that they meet the same disturbances. */
function alternate(...works: readonly (() => void)[]): number[] {
  const shortest = works.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, work] of works.entries()) {
      const startedAt = performance.now();
      work();
      if (round > 0) shortest[i] = Math.min(shortest[i]!, performance.now() - startedAt);
    }
  }
  return shortest;
}

function megabytesPerSecond(bytes: number, ms: number): string {
  const speed = bytes / ms / 1000;
  return `${speed < 100 ? speed.toPrecision(3) : Math.round(speed)} MB/s`;
}

function kilobytes(bytes: number): string {
  return `${Math.round(bytes / 1000)} KB`;
}

main();
