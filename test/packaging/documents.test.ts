/**
 * `--help`, manual pages, completion and config files say the same thing: each is checked against the
 * programs and the schemas.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import t from 'tap';
import { z } from 'zod';
import { apiSchema } from '../../src/config/api.ts';
import { fastpathSchema } from '../../src/config/fastpath.ts';
import { uploaderSchema } from '../../src/config/uploader.ts';
import { bundle } from '../support/bundle.ts';

const PROGRAMS = ['api', 'fastpath', 'uploader'] as const;
const SCHEMAS = { api: apiSchema, fastpath: fastpathSchema, uploader: uploaderSchema };

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
const sorted = (words: Iterable<string>) => [...new Set(words)].sort();
const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map((m) => m[1]!);

function help(program: string, ...command: string[]): string {
  return execFileSync(
    process.execPath,
    [bundle(new URL(`../../src/${program}/main.ts`, import.meta.url)), ...command, '--help'],
    { encoding: 'utf8' },
  );
}

/** Commands and options of a program, as it says itself. */
function usage(program: string): { commands: string[]; options: string[] } {
  const top = help(program);
  const commands = matches(top, new RegExp(`^  ooni-${program} ([a-z]+)`, 'gm'));
  const texts = [top, ...commands.map((command) => help(program, command))];
  return {
    // A program with one command does not list it.
    commands: sorted(commands.length === 0 ? ['run'] : commands),
    options: sorted(texts.flatMap((text) => matches(text, /^ +(--[a-z-]+)/gm))),
  };
}

t.test('manual page and completion of ooni-doctor', async (t) => {
  const options = matches(
    execFileSync(process.execPath, ['--import=tsx', 'src/doctor/main.ts', '--help'], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
    }),
    /(--[a-z]+)/g,
  );
  const page = read('docs/man/ooni-doctor.8').replaceAll('\\-', '-');
  t.same(sorted(matches(page, /^\.B (--[a-z]+)$/gm)), sorted(options));
  t.same(sorted(matches(read('completion/ooni-doctor'), /(--[a-z]+)/g)), sorted(options));
});

for (const program of PROGRAMS) {
  const { commands, options } = usage(program);

  t.test(`manual page of ooni-${program}`, async (t) => {
    const page = read(`docs/man/ooni-${program}.8`).replaceAll('\\-', '-');
    t.same(sorted(matches(page, /(--[a-z]+(?:-[a-z]+)*)/g)), options, 'has every option');
    const section = /^\.SH COMMANDS\n([\s\S]*?)^\.SH /m.exec(page)?.[1] ?? '';
    t.same(sorted(matches(section, /^\.TP\n\.BR? "?([a-z]+)/gm)), commands, 'has every command');
  });

  t.test(`completion of ooni-${program}`, async (t) => {
    const script = read(`completion/ooni-${program}`);
    const offered = matches(script, /(?:options\+?=|compgen -W )'([^']*)'/g).flatMap((words) =>
      words.trim().split(/\s+/),
    );
    const optionsOffered = offered.filter((word) => word.startsWith('--'));
    t.same(sorted(optionsOffered), options, 'offers every option');
    for (const command of commands) t.ok(offered.includes(command), `offers ${command}`);
  });

  t.test(`config file of ooni-${program}`, async (t) => {
    const text = read(`etc/${program}.toml`);
    const jsonSchema = z.toJSONSchema(SCHEMAS[program], { io: 'input', unrepresentable: 'any' });
    const shipped = { ...parse(text), ...mustBeSet(text) };
    t.ok(SCHEMAS[program].safeParse(shipped).success, 'is valid with what must be set');
    t.same(
      keysOf(parse(uncommented(text))),
      keysOfSchema(jsonSchema as JsonSchema),
      'has every key of the schema, and no other',
    );
    // What a line with '#' shows is the default, unless it says that it is an example.
    const full = parse(uncommented(text, { examples: false }));
    const effective = SCHEMAS[program].parse(shipped) as Nested;
    for (const [path, value] of leaves(full))
      if (path.split('.')[0] !== 's3' || program !== 'fastpath')
        t.same(at(effective, path), value, `${path} is the default`);
  });

  t.test(`texts of the config file of ooni-${program}`, async (t) => {
    const page = execFileSync(process.execPath, ['scripts/man-config.mjs', program], {
      cwd: new URL('../..', import.meta.url),
      encoding: 'utf8',
    });
    const plain = page.replaceAll('""', '"').replaceAll('\\-', '-');
    /** As TOML, not as text: it has blanks, and tables, that JSON has not. */
    const shown = (key: string) =>
      matches(
        plain,
        new RegExp(`^\\.BR ${key} ", (?:default|for example) \\\\fI(.*)\\\\fR"$`, 'gm'),
      ).map((value) => parse(`value = ${value}`).value);
    for (const [path, value] of leaves(parse(uncommented(read(`etc/${program}.toml`)))))
      t.ok(
        shown(path.split('.').at(-1)!).some((found) => isDeepStrictEqual(found, value)),
        `the page has ${path} and its value`,
      );
    t.notMatch(page, /^\\&$/m, 'every key is explained');
  });
}

/** Keys that have no default for any host, as the file's own comments say, with the examples there. */
function mustBeSet(text: string): Nested {
  const lines = matches(text, /^# Must be set\.[^\n]*\n(?:# [^\n]*\n)*#(.*)$/gm);
  return parse(lines.join('\n'));
}

type Nested = { [key: string]: unknown };
interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
}

/** The file with its commented keys in force. */
function uncommented(text: string, { examples = true } = {}): string {
  return text
    .split('\n')
    .filter((line) => examples || !/ # for example$/.test(line))
    .map((line) => line.replace(/^#(?=\w+ = |\[)/, ''))
    .join('\n');
}

function leaves(value: Nested, path = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? leaves(inner as Nested, `${path}${key}.`)
      : [[`${path}${key}`, inner] as [string, unknown]],
  );
}

const keysOf = (value: Nested) => sorted(leaves(value).map(([path]) => path));

function keysOfSchema(schema: JsonSchema): string[] {
  const walk = (inner: JsonSchema, path: string): string[] =>
    inner.properties === undefined
      ? [path]
      : Object.entries(inner.properties).flatMap(([key, next]) =>
          walk(next, path === '' ? key : `${path}.${key}`),
        );
  return sorted(walk(schema, ''));
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce((inner, key) => (inner as Nested | undefined)?.[key], value);
}
