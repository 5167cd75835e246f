/** Bodies of submissions of many kinds: usual ones, odd ones, and those that somebody damaged. */
import type { Shape } from '../../../src/edge/layout/layout.ts';
import { randomChoices } from '../../support/random.ts';

export interface JudgedText {
  readonly text: string | Uint8Array;
  readonly shape: Shape;
}

const STRINGS = [
  '',
  'x',
  'a "quotation"',
  'é\u{1f600}',
  '\n\t\u0001',
  '\\',
  'a'.repeat(40),
  '\ud800',
];
const NAMES = [
  'report_id',
  'is_verified',
  'nym',
  'test_keys',
  'é',
  'a"b',
  '',
  '__proto__',
  'content',
];

export function* judgedTexts(count: number, seed = 20261126): Generator<JudgedText> {
  const { below, pick } = randomChoices(seed);

  const value = (depth: number): string => {
    switch (below(depth > 4 ? 5 : 8)) {
      case 0:
        return pick(['0', '-1.5e3', '12345678901234567890', '1E-2', '0.1']);
      case 1:
        return pick(['true', 'false', 'null']);
      case 2:
      case 3:
      case 4:
        return JSON.stringify(pick(STRINGS));
      case 5:
        return list(depth);
      default:
        return object(Array.from({ length: below(4) }, () => [pick(NAMES), value(depth + 1)]));
    }
  };
  const blank = () => pick(['', '', '', '', ' ', '\n ', '\t']);
  const list = (depth: number) =>
    `[${Array.from({ length: below(4) }, () => blank() + value(depth + 1) + blank()).join(',')}]`;
  const object = (members: readonly (readonly [string, string])[]) => {
    const texts = members.map(
      ([name, text]) => `${blank()}${JSON.stringify(name)}${blank()}:${blank()}${text}${blank()}`,
    );
    return `{${texts.join(',')}}`;
  };
  const often = (usual: string, other: () => string) => (below(12) === 0 ? other() : usual);

  const content = () => {
    const members: [string, string][] = [
      ['test_name', often('"web_connectivity"', () => value(3))],
      ['probe_cc', often('"IT"', () => pick(['"it"', '"ZZ"', '7', '"I\\u0054"']))],
      ['probe_asn', often('"AS30722"', () => pick(['"AS0"', '"AS01"', 'null', '"AS1x"']))],
      ['software_name', often('"ooniprobe"', () => value(3))],
      ['annotations', often('{"platform":"linux"}', () => value(3))],
      ['test_keys', value(1)],
    ];
    for (let more = below(3); more > 0; more--)
      members.splice(below(members.length + 1), 0, [pick(NAMES), value(2)]);
    if (below(15) === 0) members.splice(below(members.length), 1);
    if (below(15) === 0) members.push(pick(members));
    return object(members);
  };

  const damaged = (text: string): string | Uint8Array => {
    const bytes = Buffer.from(text);
    const at = below(bytes.length + 1);
    switch (below(5)) {
      case 0:
        bytes[at] = below(256);
        return bytes;
      case 1:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(3))]);
      case 2:
        return Buffer.concat([
          bytes.subarray(0, at),
          Buffer.from(
            pick(['"', '\\', '{', '}', '[', ']', ',', ':', '0', '\0', '\x80', ' ', '\\u']),
          ),
          bytes.subarray(at),
        ]);
      case 3:
        return bytes.subarray(0, at);
      default:
        return `${text}${pick([' ', '\n', '}', ',', '{}'])}`;
    }
  };

  for (let at = 0; at < count; at++) {
    const shape = pick<Shape>(['object', 'text']);
    const inner = content();
    const innerText = shape === 'text' && below(4) === 0 ? damaged(inner).toString() : inner;
    const members: [string, string][] = [
      ['format', often('"json"', () => value(3))],
      ['content', shape === 'object' ? inner : JSON.stringify(innerText)],
    ];
    for (let more = below(3); more > 0; more--)
      members.splice(below(members.length + 1), 0, [
        pick(['nym', 'zkp_request', 'manifest_version', 'protocol_version', ...NAMES]),
        often(pick(['null', '"1.0"']), () => value(2)),
      ]);
    const text = object(members);
    yield { text: below(4) === 0 ? damaged(text) : text, shape };
  }
}
