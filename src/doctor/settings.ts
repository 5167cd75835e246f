/** The settings in force of a program, as `--check-config --show` prints them. */

/** Single values and lists of strings by their dotted key; other lists and tables are left out. */
export type Settings = ReadonlyMap<string, string | number | boolean | readonly string[]>;

const STRING = String.raw`"(?:[^"\\]|\\.)*"`;
const VALUE = new RegExp(
  String.raw`^([\w-]+) = (${STRING}|\[(?:${STRING}(?:, ${STRING})*)?\]|-?[\d.]+|true|false)(?:\s|$)`,
);

export function parseShown(text: string): Settings {
  const settings = new Map<string, string | number | boolean | readonly string[]>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, name] = /^\[([\w.-]+)\]$/.exec(line) ?? [];
    if (name !== undefined) section = `${name}.`;
    const [, key, value] = VALUE.exec(line) ?? [];
    if (key !== undefined) settings.set(section + key, JSON.parse(value!));
  }
  return settings;
}

export function text(settings: Settings | undefined, key: string): string | undefined {
  const value = settings?.get(key);
  return typeof value === 'string' ? value : undefined;
}

export function number(settings: Settings | undefined, key: string): number | undefined {
  const value = settings?.get(key);
  return typeof value === 'number' ? value : undefined;
}
