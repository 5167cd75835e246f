/**
 * Plain scalars of YAML 1.1 as the reference's reader takes them, which made the published reports
 * and rows: `y` and `1e3` are text there, where the specification has a truth value and a number.
 */
import type { ScalarTag, Tags } from 'yaml';

const name = (type: string) => `tag:yaml.org,2002:${type}`;

const TRUE = /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/;
const FALSE = /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/;
const INTEGER = /^[-+]?(?:0b[01_]+|0[0-7_]+|0|[1-9][0-9_]*(?::[0-5]?[0-9])*|0x[0-9a-fA-F_]+)$/;
const FLOAT =
  /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

function integerOf(text: string): number {
  const { sign, digits } = signed(text);
  if (digits.includes(':')) return sign * base60(digits);
  if (/^0[0-7]/.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits);
}

function floatOf(text: string): number {
  const { sign, digits } = signed(text.toLowerCase());
  if (digits === '.inf') return sign * Number.POSITIVE_INFINITY;
  if (digits === '.nan') return Number.NaN;
  return sign * (digits.includes(':') ? base60(digits) : Number(digits));
}

function signed(text: string): { sign: 1 | -1; digits: string } {
  return {
    sign: text.startsWith('-') ? -1 : 1,
    digits: text.replace(/^[-+]/, '').replaceAll('_', ''),
  };
}

/** `1:30` is 90. */
function base60(digits: string): number {
  return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

/** Tags of the library that these take the place of. */
const REPLACED: ReadonlySet<string> = new Set(['bool', 'int', 'float'].map(name));

const SCALARS: readonly ScalarTag[] = [
  { default: true, tag: name('bool'), test: TRUE, resolve: () => true },
  { default: true, tag: name('bool'), test: FALSE, resolve: () => false },
  { default: true, tag: name('int'), test: INTEGER, resolve: integerOf },
  { default: true, tag: name('float'), test: FLOAT, resolve: floatOf },
  // `!!float 1`, written out.
  { default: false, tag: name('float'), resolve: floatOf },
];

/** Options for `parse` of YAML 1.1. `without`: names of tags whose values are left as they are written. */
export function legacyYamlOptions(without: readonly string[]) {
  const dropped = new Set(without.map(name));
  return {
    version: '1.1',
    customTags: (tags: Tags): Tags => [
      ...tags.filter(
        (tag) => typeof tag === 'string' || !(REPLACED.has(tag.tag) || dropped.has(tag.tag)),
      ),
      ...SCALARS,
    ],
    uniqueKeys: false,
    logLevel: 'error',
  } as const;
}
