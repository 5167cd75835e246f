/** Numbers, times and places in a reader's language. */
import { TEST_TITLES, testNameOfPlain } from '../../core/nettests/testNames.ts';
import type { Texts } from './texts/en.ts';

export function number({ locale }: Texts, value: number): string {
  return new Intl.NumberFormat(locale).format(value);
}

/** How long ago, in the largest unit that is not zero. */
export function ago({ locale }: Texts, atMs: number, nowMs: number): string {
  const seconds = Math.round((atMs - nowMs) / 1000);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const units = [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  return format.format(seconds, 'second');
}

/** Codes that stand for no country: everyone may give them a meaning of their own (ISO 3166-1). */
const USER_ASSIGNED = /^(?:AA|Q[M-Z]|X[A-Z]|ZZ)$/;

/** A country's name; its code where it has none. */
export function countryName({ locale }: Texts, code: string): string {
  if (!/^[A-Z]{2}$/.test(code) || (USER_ASSIGNED.test(code) && code !== 'XK')) return code;
  return new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;
}

/** A test's own name, which is the same in every language. */
export function testName(name: string): string {
  return TEST_TITLES.get(name) ?? name;
}

/** The same by its name in keys of the archive, which has no underscores. */
export function testNameOfKey(plain: string): string {
  return testName(testNameOfPlain(plain));
}

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** `12.3 MB`, `897 bytes`: three digits at most. */
export function bytesText({ locale }: Texts, bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < BYTE_UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit: BYTE_UNITS[unit]!,
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0,
  }).format(value);
}

/** `2026-07-11 17:44:09` of what the API and the database write. */
export function timeText(time: string): string {
  return time.replace('T', ' ').replace(/(?:\.\d+)?Z?$/, '');
}
