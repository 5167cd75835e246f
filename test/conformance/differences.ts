/** Numbers closer than this count as equal. */
const TOLERANCE = 1e-9;

/** Where two JSON values differ: a path, what was expected and what was found, one line each. */
export function differences(expected: unknown, found: unknown, path: string): string[] {
  if (typeof expected === 'number' && typeof found === 'number') {
    return Math.abs(expected - found) <= TOLERANCE ? [] : [line(path, expected, found)];
  }
  if (!isContainer(expected) || !isContainer(found)) {
    return expected === found ? [] : [line(path, expected, found)];
  }
  if (Array.isArray(expected) !== Array.isArray(found)) return [line(path, expected, found)];
  const names = new Set([...Object.keys(expected), ...Object.keys(found)]);
  return [...names].flatMap((name) =>
    differences(member(expected, name), member(found, name), `${path}.${name}`),
  );
}

type Container = Record<string, unknown>;

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function member(container: Container, name: string): unknown {
  return Object.hasOwn(container, name) ? container[name] : undefined;
}

function line(path: string, expected: unknown, found: unknown): string {
  return `${path}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`;
}
