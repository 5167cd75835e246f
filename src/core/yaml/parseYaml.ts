/** YAML 1.1 of old reports: plain data, of no more levels than a measurement in JSON may have. */
import { Lexer, Parser, parse } from 'yaml';
import { MAX_DEPTH } from '../json/bounds.ts';
import { legacyYamlOptions } from './scalars.ts';

/** More levels than `MAX_DEPTH`. */
export class YamlTooDeep extends Error {
  override readonly name = 'YamlTooDeep';
}

/**
 * The value of one document. `without`: names of tags whose values are left as they are written. Throws the library's
 * errors, which `yamlFault` words, and YamlTooDeep; aliases are bounded by the library.
 */
export function parseYaml(text: string, without: readonly string[]): unknown {
  if (isDeeperThan(MAX_DEPTH, text)) throw new YamlTooDeep();
  return parse(text, legacyYamlOptions(without));
}

const COLLECTIONS: ReadonlySet<string> = new Set(['block-map', 'block-seq', 'flow-collection']);

/**
 * To be asked before: what makes values of the tokens takes a part of the stack for each level, and where that ends, a
 * regular expression that is compiled there does not throw, but ends the process.
 */
function isDeeperThan(levels: number, text: string): boolean {
  const parser = new Parser();
  const { stack } = parser;
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    // Below the levels is the document.
    if (stack.length > levels + 1 && COLLECTIONS.has(stack.at(-1)!.type)) return true;
  }
  return false;
}
