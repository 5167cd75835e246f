/** Regular expressions from outside: do they compile, and do they end on text made to keep them busy? */
import { createContext, Script } from 'node:vm';

/** Longer than any search in a page takes, however busy the machine is. */
const TIME_LIMIT_MS = 2_000;
const TEXT_CHARS = 5_000;
/** Of the signs of the pattern itself, over and over: what nested repetition finds endless ways through. */
const TEXTS = (pattern: string) => {
  const plain = pattern.replace(/[^A-Za-z0-9<>=:/ ]/g, '') || 'a';
  return [plain, plain[0]!, 'a', ' ', '<'].map(
    (piece) => `${piece.repeat(Math.ceil(TEXT_CHARS / piece.length)).slice(0, TEXT_CHARS)}\u0000`,
  );
};

/** Why a pattern must not be taken; undefined when it may. */
export function patternFault(pattern: string): string | undefined {
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = flags === null ? pattern : pattern.slice(flags[0].length);
  let expression: RegExp;
  try {
    expression = new RegExp(source, flags?.[1] ?? '');
  } catch (error) {
    return `expected a regular expression: ${(error as Error).message}`;
  }
  // The one way to end a search that is under way.
  const search = new Script('for (const text of texts) expression.test(text)');
  try {
    search.runInContext(createContext({ expression, texts: TEXTS(pattern) }), {
      timeout: TIME_LIMIT_MS,
    });
    return undefined;
  } catch {
    return `a regular expression that keeps a search busy for more than ${TIME_LIMIT_MS} ms: ${pattern.slice(0, 100)}`;
  }
}
