/** YAML 1.1 of old reports: plain data, of no more levels than a measurement in JSON may have, and not very many parts. */
import { Lexer, LineCounter, Parser, parse, YAMLParseError } from 'yaml';
import { MAX_DEPTH } from '../json/bounds.ts';
import { legacyYamlOptions } from './scalars.ts';

/** More levels than `MAX_DEPTH`. */
export class YamlTooDeep extends Error {
  override readonly name = 'YamlTooDeep';
}

/** More lexemes than `MAX_YAML_LEXEMES`. */
export class YamlTooMuch extends Error {
  override readonly name = 'YamlTooMuch';
}

/**
 * Of one document. The library takes a kilobyte and ten microseconds for a lexeme at the worst (for one that is a fault), so this
 * many 250 MB and some seconds. A member takes about six, a body one however long it is: no old report has a tenth of it.
 */
export const MAX_YAML_LEXEMES = 250_000;

/** Each is looked for in all that stands before it: the library takes the square of their number. */
export const MAX_YAML_ALIASES = 1_000;

/**
 * The value of one document. `without`: names of tags whose values are left as they are written. Throws the library's
 * errors, which `yamlFault` words, YamlTooDeep and YamlTooMuch; what aliases stand for is bounded by the library.
 */
export function parseYaml(text: string, without: readonly string[]): unknown {
  requireBounds(text);
  const lineCounter = new LineCounter();
  try {
    // What makes its errors pretty takes a copy of the line for each, or the square of the line's length.
    return parse(text, { ...legacyYamlOptions(without), prettyErrors: false, lineCounter });
  } catch (error) {
    if (error instanceof YAMLParseError && error.pos[0] >= 0)
      error.linePos = [lineCounter.linePos(error.pos[0])];
    throw error;
  }
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);

/**
 * Throws YamlTooDeep and YamlTooMuch. To be asked before: what makes values of the tokens takes a part of the stack for each level, and where that ends, a
 * regular expression that is compiled there does not throw, but ends the process.
 */
function requireBounds(text: string): void {
  const parser = new Parser();
  const { stack } = parser;
  let lexemes = 0;
  let aliases = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++lexemes > MAX_YAML_LEXEMES) throw new YamlTooMuch();
    if (lexeme[0] === '*' && ++aliases > MAX_YAML_ALIASES) throw new YamlTooMuch();
    for (const _ of parser.next(lexeme));
    // Below the levels is the document.
    if (stack.length > MAX_DEPTH + 1 && COLLECTIONS.has(stack.at(-1)!.type))
      throw new YamlTooDeep();
  }
}
