/** Regular expressions from outside: do they compile, and do they end on text made to keep them busy? */
import { createContext, Script } from 'node:vm';

/** Some hundred times what a good one takes, however busy the machine is. */
const TIME_LIMIT_MS = 5_000;
const TEXT_CHARS = 2_000;
/** Of each pattern; nearly all have fewer signs. */
const MOST_PIECES = 100;

/** What of a pattern stands for itself, more or less. */
const plain = (pattern: string) => pattern.replace(/\\[a-zA-Z]|[\\^$.*+?[\]{}|]/g, '');

/**
 * Pieces of the pattern itself, over and over: what nested repetition finds endless ways through. Also after
 * what stands before the first group, without which a search would not get as far as the group.
 */
function hostileTexts(pattern: string): readonly string[] {
  const groups = pattern.split(/[()]+/).map(plain);
  const signs = [...new Set([...pattern.replace(/[()]/g, ''), '0', 'a', ' ', '<'])];
  const pieces = [...new Set([plain(pattern.replace(/[()]/g, '')), ...groups, ...signs])]
    .filter((piece) => piece !== '')
    .slice(0, MOST_PIECES);
  const before = pattern.includes('(') ? groups[0]! : '';
  return [...new Set(['', before])].flatMap((start) =>
    pieces.map((piece) => {
      const repeated = piece.repeat(Math.ceil(TEXT_CHARS / piece.length)).slice(0, TEXT_CHARS);
      return `${start}${repeated}\u0000`;
    }),
  );
}

/** Why a pattern must not be taken; undefined when it may. */
export function patternFault(pattern: string, limitMs = TIME_LIMIT_MS): string | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = flags === null ? pattern : pattern.slice(flags[0].length);
  let expression: RegExp;
  try {
    expression = new RegExp(source, flags?.[1] ?? '');
  } catch (error) {
    return `expected a regular expression: ${(error as Error).message}`;
  }
  // The one way to end a search that is under way.
  const search = new Script('expression.test(text)');
  const context = createContext({ expression, text: '' });
  try {
    for (const text of hostileTexts(source)) {
      context.text = text;
      search.runInContext(context, { timeout: limitMs });
    }
    return undefined;
  } catch {
    return `a regular expression that keeps a search busy for more than ${limitMs} ms: ${pattern.slice(0, 100)}`;
  }
}
