/** What the command lines of the three programs have in common. */
import { dirname } from 'node:path';
import yargs, { type Argv } from 'yargs';
import type { z } from 'zod';
import type { Table } from '../config/layers.ts';
import { ConfigError, type LoadedConfig } from '../config/load.ts';
import { showConfig } from '../config/show.ts';
import { printable, printableLines } from '../core/text/printable.ts';
import { errorText } from '../log/log.ts';
import { diskAdvice, diskFault } from './diskTrouble.ts';
import { EXIT } from './exitCodes.ts';
import { watchOutput } from './output.ts';
import { VERSION } from './version.ts';

/** A command line with --help and --version, strict about what it does not know. */
export function commandLine(name: string, description: string): Argv {
  return yargs()
    .scriptName(name)
    .usage(`${name}: ${description}`)
    .version(VERSION)
    .help()
    .strict()
    .wrap(100)
    .parserConfiguration({ 'parse-numbers': false })
    .middleware(lastOfEach as (args: object) => void, true)
    .exitProcess(false);
}

/**
 * Of an option that is given twice the last one counts. (The parser can do that by itself, but then it
 * leaves only the last of several arguments, too.)
 */
function lastOfEach(args: Record<string, unknown>, cli: Argv): void {
  // Not among the types of the library.
  const { array } = (cli as unknown as { getOptions(): { array: string[] } }).getOptions();
  for (const [key, value] of Object.entries(args))
    if (Array.isArray(value) && key !== '_' && !array.includes(key)) args[key] = value.at(-1);
}

export interface ConfigArguments {
  readonly config: string;
  readonly checkConfig: boolean;
  readonly show: boolean;
}

/** Adds --config, --check-config and --show. */
export function withConfig(cli: Argv, byDefault: string): Argv<ConfigArguments> {
  return cli
    .option('config', {
      type: 'string',
      default: byDefault,
      describe: 'configuration file; with it are read FILE.d/*.toml',
    })
    .option('check-config', {
      type: 'boolean',
      default: false,
      describe: 'check the configuration and exit (0: good, 78: not)',
    })
    .option('show', {
      type: 'boolean',
      default: false,
      describe: 'with --check-config: print it, and where each value is from',
    })
    .check(({ show, 'check-config': checkConfig }) => {
      if (show && !checkConfig)
        throw new FatalError('--show: only with --check-config', EXIT.usage);
      return true;
    }) as unknown as Argv<ConfigArguments>;
}

/** Adds a command to a command line; its handler sets the exit code. */
export type AddCommand = (
  cli: Argv<ConfigArguments>,
  exit: (code: number) => void,
) => Argv<ConfigArguments>;

/** What --check-config prints of a configuration that is good. */
export function checkedConfig<Schema extends z.ZodType<Table>>(
  { config, files, origin }: LoadedConfig<Schema>,
  show: boolean,
): string {
  return show ? showConfig(config, origin) : files.map((file) => `${file}: good\n`).join('');
}

/**
 * Parses arguments and runs the command that they name; ends the process with its exit code.
 * `build` attaches commands whose handlers set the code through the given function.
 */
export async function runProgram(
  name: string,
  build: (exit: (code: number) => void) => Argv,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  let code: number = EXIT.ok;
  const output = watchOutput();
  try {
    await build((given) => {
      code = given;
    })
      .fail((message, error, cli) => {
        // Of an argument that does not fit yargs makes an error of its own.
        if (error && error.name !== 'YError') throw error;
        cli.showHelp('error');
        process.stderr.write(`\n${name}: ${message}\n`);
        throw new UsageError(message);
      })
      .parseAsync(args);
    const cause = await output.failure();
    if (cause !== undefined && code === EXIT.ok)
      throw new FatalError('cannot write to standard output', EXIT.io, { cause });
  } catch (error) {
    code = exitCodeOf(error);
    if (!(error instanceof UsageError)) reportFatal(name, error);
    // What was opened before the fault must not keep the process alive.
    process.exit(code);
  }
  process.exitCode = code;
}

/** Thrown for arguments that do not fit; the text was shown already. */
class UsageError extends Error {}

/** An error that knows its exit code and what an operator can do about it. */
export class FatalError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConfigError) return EXIT.config;
  if (error instanceof FatalError) return error.exitCode;
  return diskFault(error) === undefined ? EXIT.bug : EXIT.io;
}

function reportFatal(name: string, error: unknown): void {
  const expected = error instanceof ConfigError || error instanceof FatalError;
  const prefix = process.env.JOURNAL_STREAM && !process.stderr.isTTY ? '<3>' : '';
  const fault = diskFault(error);
  let text: string;
  if (expected || !(error instanceof Error)) text = printable(errorText(error));
  else if (fault === undefined) text = printableLines(error.stack ?? '');
  else {
    const directory = dirname(fault.path ?? '/var/lib/ooni/');
    text = printable(`${diskAdvice(fault, directory)}: ${errorText(error)}`);
  }
  // The journal takes each line for an event of its own.
  const event = prefix === '' ? text : text.replace(/\s*\n\s*/g, ' | ');
  process.stderr.write(`${prefix}${name}: ${event}\n`);
}
