import { YAMLParseError } from 'yaml';
import { MAX_DEPTH } from '../json/bounds.ts';
import { YamlTooDeep, YamlTooMuch } from './parseYaml.ts';

/** What is wrong and where, without the library's message, which may quote the text. */
export function yamlFault(error: unknown): string {
  if (error instanceof YamlTooDeep) return `nested deeper than ${MAX_DEPTH} levels`;
  if (error instanceof YamlTooMuch) return 'too many values or aliases';
  if (!(error instanceof YAMLParseError)) return 'an alias that cannot be resolved, or too many';
  const line = error.linePos?.[0].line;
  return line === undefined ? error.code : `${error.code} in line ${line}`;
}
