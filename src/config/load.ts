/**
 * Loading of /etc/ooni/*.toml: read, parse, validate against a schema, never guess.
 *
 * What an operator sets lies beside the packaged file, in files of a folder of its name and `.d`
 * (/etc/ooni/api.toml.d/*.toml): they are read after it, in the order of their names, and the last
 * that sets a key wins. So the packaged file stays as it was shipped, and no upgrade asks about it.
 *
 * Every fault is a ConfigError with one line that names file, key and what was expected; programs
 * print it and exit with 78 (EX_CONFIG).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { hasUserInfo } from './common.ts';
import { at, type Layer, mergeLayers, originOf, type Table } from './layers.ts';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** `key` is the dotted path inside the file, `''` when the file as a whole is at fault. */
  constructor(file: string, key: string, problem: string) {
    super(key === '' ? `${file}: ${problem}` : `${file}: ${key}: ${problem}`);
  }
}

export interface LoadedConfig<Schema extends z.ZodType> {
  readonly config: z.output<Schema>;
  /** The files that it was read from, in the order in which they were read. */
  readonly files: readonly string[];
  /** Which of them a value is from; undefined: it is the schema's default. */
  origin(path: readonly string[]): string | undefined;
}

/** Reads and validates a TOML file and its drop-ins. Throws ConfigError. */
export function loadConfig<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): z.output<Schema> {
  return loadLayers(file, schema).config;
}

/** As loadConfig, with what is known of where each value is from. Throws ConfigError. */
export function loadLayers<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): LoadedConfig<Schema> {
  const layers = [file, ...dropIns(`${file}.d`)].map(readLayer);
  return {
    config: validate(layers, schema),
    files: layers.map((layer) => layer.file),
    origin: (path) => originOf(layers, path),
  };
}

/** Validates the text of a TOML file; `file` is only named in errors. Throws ConfigError. */
export function parseConfig<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): z.output<Schema> {
  return validate([{ file, value: parseToml(file, text) }], schema);
}

/** The drop-ins of a folder in the order of their names, compared by code unit: `10-a` before `9-a`. */
function dropIns(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return [];
    throw new ConfigError(folder, '', `cannot be read (${code}): expected a folder of TOML files`);
  }
  // An editor's own files begin with a dot, or end with something else.
  return names
    .filter((name) => name.endsWith('.toml') && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

function readLayer(file: string): Layer {
  return { file, value: parseToml(file, readText(file)) };
}

function parseToml(file: string, text: string): Table {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    throw new ConfigError(file, '', `line ${error.line}: expected TOML: ${reason}`);
  }
}

function validate<Schema extends z.ZodType>(
  layers: readonly Layer[],
  schema: Schema,
): z.output<Schema> {
  const value = mergeLayers(layers);
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const path = issuePath(issue);
  // What is missing is looked for in the file that shows every key.
  const file = originOf(layers, path) ?? layers[0]!.file;
  throw new ConfigError(file, path.join('.'), describe(issue, value));
}

function issuePath(issue: z.core.$ZodIssue): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') path.push(issue.keys[0]!);
  return path;
}

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  if (issue.code === 'unrecognized_keys') return 'unknown key: remove it, or check its spelling';
  const found = at(root, issue.path);
  if (found === undefined) return `missing: expected ${expectation(issue)}`;
  return `expected ${expectation(issue)}, found ${shown(found, issue.path)}`;
}

/** A value for an error text, which many may read: not where it may be a secret in the wrong place. */
function shown(found: unknown, path: readonly PropertyKey[]): string {
  const isSecret =
    /_file$/.test(String(path.at(-1))) ||
    (typeof found === 'string' && URL.canParse(found) && maySaySecrets(new URL(found)));
  return isSecret ? 'something else (not shown: it may be a secret)' : JSON.stringify(found);
}

function maySaySecrets(url: URL): boolean {
  return hasUserInfo(url) || url.search !== '';
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`;
    case 'too_small':
      return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
    case 'invalid_value':
      return `one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    default:
      // Messages of our own refinements are written as the thing that was expected.
      return issue.message;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new ConfigError(
      file,
      '',
      code === 'ENOENT'
        ? 'no such file: expected a readable TOML file'
        : `cannot be read (${code}): expected a readable TOML file`,
    );
  }
}
