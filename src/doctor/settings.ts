/** The settings in force of a program, as `--check-config --show` prints them. */

/** Single values by their dotted key; lists and tables are left out. */
export type Settings = ReadonlyMap<string, string | number | boolean>;

export function parseShown(text: string): Settings {
  const settings = new Map<string, string | number | boolean>();
  let section = '';
  for (const line of text.split('\n')) {
    const [, name] = /^\[([\w.-]+)\]$/.exec(line) ?? [];
    if (name !== undefined) section = `${name}.`;
    const [, key, value] =
      /^([\w-]+) = ("(?:[^"\\]|\\.)*"|-?[\d.]+|true|false)(?:\s|$)/.exec(line) ?? [];
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
