/** The configuration in force as a TOML file, with where each value is from. */
import { isTable, type Table } from './layers.ts';

/**
 * Lines of TOML that mean the same configuration again; each ends with a comment that names the file
 * its value is from, or says that it is the default. There is no secret in it: a configuration names
 * the files of secrets, and the schemas refuse URLs with a password.
 */
export function showConfig(
  config: Table,
  origin: (path: readonly string[]) => string | undefined,
): string {
  const lines: { readonly text: string; readonly from?: string }[] = [];
  const add = (table: Table, path: readonly string[]) => {
    const entries = Object.entries(table).filter(([, value]) => value !== undefined);
    for (const [key, value] of entries)
      if (!isTable(value))
        lines.push({
          text: `${key} = ${tomlValue(value)}`,
          from: origin([...path, key]) ?? 'default',
        });
    for (const [key, value] of entries) {
      if (!isTable(value)) continue;
      lines.push({ text: '' }, { text: `[${[...path, key].join('.')}]` });
      add(value, [...path, key]);
    }
  };
  add(config, []);
  const width = Math.min(WIDEST_COLUMN, Math.max(...lines.map(({ text }) => text.length)));
  return lines
    .map(({ text, from }) => (from === undefined ? text : `${text.padEnd(width)}  # ${from}`))
    .map((line) => `${line}\n`)
    .join('');
}

/** Longer values have their comment right behind them. */
const WIDEST_COLUMN = 60;

function tomlValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlValue).join(', ')}]`;
  if (isTable(value))
    return `{ ${Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => `${key} = ${tomlValue(member)}`)
      .join(', ')} }`;
  // JSON's strings are TOML's but for one character that TOML wants escaped.
  return JSON.stringify(value).replaceAll('\x7f', '\\u007f');
}
