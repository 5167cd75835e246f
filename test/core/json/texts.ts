/** JSON texts whose bytes a re-serialisation would change, and ways to make more of them. */

/** Valid texts, each with a reason to be careful. */
export const TRICKY_TEXTS: readonly string[] = [
  '0',
  '-0',
  '-0.0',
  '1.0',
  '1.50',
  '1e5',
  '1E+5',
  '1e-5',
  '0.1e1',
  '12345678901234567890',
  '123456789012345678901234567890.123456789012345678901234567890',
  '1e400',
  '-1e-400',
  'true',
  'false',
  'null',
  '""',
  '"\\u0041"',
  '"\\/"',
  '"/"',
  '"\\ud83d\\ude00"',
  '"😀"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"é"',
  '"\\u00e9"',
  '"\\b\\f\\n\\r\\t\\"\\\\"',
  '"\u2028\u2029"',
  '"\u007f"',
  '"\\u0000"',
  '"}"',
  '"\\"}"',
  '"\\\\"',
  '"\\\\\\""',
  '"{\\"content\\":{}}"',
  '[]',
  '[ ]',
  '{}',
  '{ }',
  '[[[[[[]]]]]]',
  '{"":{"":{"":""}}}',
  '[1 , 2\t,\r\n3 ]',
  '{"a":1,"a":2}',
  '{"a":{"a":{"a":1}}}',
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
  '{"\\u0061":1}',
  '{"a b":1}',
];

/** A generator of numbers below a bound, the same for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    // xorshift32
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** A random valid JSON text, with whitespace wherever JSON allows it. */
export function randomText(random: (below: number) => number, depth = 0): string {
  const space = () => (random(4) === 0 ? [' ', '\n', '\t', '\r\n', '  '][random(5)]! : '');
  const around = (text: string) => space() + text + space();
  const kind = random(depth > 4 ? 3 : 5);
  if (kind < 3) return around(TRICKY_TEXTS[random(35)]!);
  const count = random(5);
  const item = () => randomText(random, depth + 1);
  const name = () => around(NAMES[random(NAMES.length)]!);
  const items = Array.from({ length: count }, () =>
    kind === 3 ? item() : `${name()}:${item()}`,
  ).join(',');
  const inside = count === 0 ? space() : items;
  return around(kind === 3 ? `[${inside}]` : `{${inside}}`);
}

const NAMES = [
  '"a"',
  '"report_id"',
  '"is_verified"',
  '"content"',
  '"\\u0063ontent"',
  '"é"',
  '""',
  '"__proto__"',
  '"a\\"b"',
];

/** A text as it can stand in a line of a test report. */
export function shown(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
