/**
 * Loading of /etc/ooni/*.toml: read, parse, validate against a schema, never guess.
 *
 * Every fault is a ConfigError with one line that names file, key and what was expected; programs
 * print it and exit with 78 (EX_CONFIG).
 */
import { readFileSync } from 'node:fs';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  /** `key` is the dotted path inside the file, `''` when the file as a whole is at fault. */
  constructor(file: string, key: string, problem: string) {
    super(key === '' ? `${file}: ${problem}` : `${file}: ${key}: ${problem}`);
  }
}

/** Reads and validates a TOML file. Throws ConfigError. */
export function loadConfig<Schema extends z.ZodType>(
  file: string,
  schema: Schema,
): z.output<Schema> {
  return parseConfig(file, readText(file), schema);
}

/** Validates the text of a TOML file; `file` is only named in errors. Throws ConfigError. */
export function parseConfig<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
): z.output<Schema> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]?.replace(/^Invalid TOML document: /, '');
    throw new ConfigError(file, '', `line ${error.line}: expected TOML: ${reason}`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new ConfigError(file, issueKey(issue), describe(issue, value));
}

function issueKey(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') path.push(issue.keys[0]!);
  return path.join('.');
}

function describe(issue: z.core.$ZodIssue, root: unknown): string {
  if (issue.code === 'unrecognized_keys') return 'unknown key: remove it, or check its spelling';
  let found: unknown = root;
  for (const step of issue.path)
    found = (found as Record<PropertyKey, unknown> | undefined)?.[step];
  if (found === undefined) return `missing: expected ${expectation(issue)}`;
  return `expected ${expectation(issue)}, found ${JSON.stringify(found)}`;
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
