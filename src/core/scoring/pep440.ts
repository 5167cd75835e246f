/**
 * Software versions in the order of PEP 440, which the rules of the signal test compare by
 * (protocol, scoring 3.5). In short: dev < alpha < beta < rc < release < post, and a local
 * part after `+` sorts after the version without one.
 */

interface Version {
  readonly epoch: string;
  /** Without trailing zeros, so that 3.17 equals 3.17.0. */
  readonly release: readonly string[];
  /** Rank of the pre-release word, then its number. A plain release ranks after all of them. */
  readonly pre: readonly [rank: number, number: string];
  readonly post: readonly [rank: number, number: string];
  readonly dev: readonly [rank: number, number: string];
  readonly local: readonly string[];
}

const GRAMMAR = new RegExp(
  [
    '^\\s*v?(?:(?<epoch>\\d+)!)?(?<release>\\d+(?:\\.\\d+)*)',
    '(?:[-_.]?(?<pre>alpha|a|beta|b|preview|pre|c|rc)[-_.]?(?<preNumber>\\d+)?)?',
    '(?:-(?<postDash>\\d+)|[-_.]?(?<post>post|rev|r)[-_.]?(?<postNumber>\\d+)?)?',
    '(?:[-_.]?(?<dev>dev)[-_.]?(?<devNumber>\\d+)?)?',
    '(?:\\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?\\s*$',
  ].join(''),
  'i',
);

/** The reference reads numbers of no more digits. A part of a long one costs two hundred times as much as its text. */
const MAX_CHARS = 4300;

const PRE_RANK = new Map([
  ['a', 0],
  ['alpha', 0],
  ['b', 1],
  ['beta', 1],
  ['c', 2],
  ['rc', 2],
  ['pre', 2],
  ['preview', 2],
]);
const BEFORE_ALL = [-1, '0'] as const;
const AFTER_ALL = [9, '0'] as const;

/** Undefined for what is no version, or longer than the reference could read the numbers of. */
export function parseVersion(text: unknown): Version | undefined {
  if (typeof text !== 'string' || text.length > MAX_CHARS) return undefined;
  const part = GRAMMAR.exec(text)?.groups;
  if (!part) return undefined;

  const isPost = part.postDash !== undefined || part.post !== undefined;
  const isDev = part.dev !== undefined;
  let pre: Version['pre'] = AFTER_ALL;
  if (part.pre !== undefined) pre = [PRE_RANK.get(part.pre.toLowerCase())!, part.preNumber ?? '0'];
  // 1.0.dev1 comes before 1.0a1, but 1.0.post1.dev2 is a development of the post-release.
  else if (isDev && !isPost) pre = BEFORE_ALL;

  return {
    epoch: part.epoch ?? '0',
    release: withoutTrailingZeros(part.release!.split('.')),
    pre,
    post: isPost ? [0, part.postDash ?? part.postNumber ?? '0'] : BEFORE_ALL,
    dev: isDev ? [0, part.devNumber ?? '0'] : AFTER_ALL,
    local: part.local?.toLowerCase().split(/[-_.]/) ?? [],
  };
}

/** Negative, zero or positive, as for sorting. */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareDigits(a.epoch, b.epoch) ||
    compareLists(a.release, b.release, compareDigits) ||
    compareRanked(a.pre, b.pre) ||
    compareRanked(a.post, b.post) ||
    compareRanked(a.dev, b.dev) ||
    compareLists(a.local, b.local, compareLocal)
  );
}

function withoutTrailingZeros(numbers: readonly string[]): readonly string[] {
  return numbers.slice(0, numbers.findLastIndex((number) => /[1-9]/.test(number)) + 1);
}

/** Numbers of any length compare as digits: a version is untrusted and need not fit a double. */
function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  return left.length - right.length || compareText(left, right);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function compareRanked(a: Version['pre'], b: Version['pre']): number {
  return a[0] - b[0] || compareDigits(a[1], b[1]);
}

/** In a local part, words come before numbers. */
function compareLocal(a: string, b: string): number {
  const aIsNumber = /^\d+$/.test(a);
  const bIsNumber = /^\d+$/.test(b);
  if (aIsNumber !== bIsNumber) return aIsNumber ? 1 : -1;
  return aIsNumber ? compareDigits(a, b) : compareText(a, b);
}

function compareLists(
  a: readonly string[],
  b: readonly string[],
  compare: (a: string, b: string) => number,
): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compare(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
