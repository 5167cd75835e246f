/**
 * The Float32 that the database makes of a decimal text: the nearest one. Rounding to a double first
 * and then to a Float32 is another one for about every sixth value half-way between two: 4.528588056564331
 * is nearest to 4.5285878, and by way of the double to 4.5285883.
 */

const DECIMAL = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;
/** Texts of numbers have 25 characters at most. Longer ones are nobody's, and cost as much as they say. */
const MAX_CHARS = 100;

/** NaN for what is no decimal; infinite beyond Float32. */
export function float32OfDecimal(text: string): number {
  const [, whole, fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined || text.length > MAX_CHARS) return Number.NaN;
  const double = Number(text);
  const near = Math.fround(double);
  // The double is on the same side of the middle between two as the decimal is, unless it is that.
  const other = neighbour(near, double);
  if (!Number.isFinite(near) || Math.abs(double - near) !== Math.abs(other - double)) return near;
  const scale = BigInt(exponent) - BigInt(fraction.length);
  const side = compareMagnitudes(BigInt(whole + fraction), scale, Math.abs(double));
  if (side === 0) return near;
  const [smaller, larger] = Math.abs(near) < Math.abs(other) ? [near, other] : [other, near];
  return side < 0 ? smaller : larger;
}

/** The next Float32 from `near` on in the direction of `double`; itself when that is where it is. */
function neighbour(near: number, double: number): number {
  if (near === double) return near;
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, near);
  const bits = view.getUint32(0);
  const isAway = Math.abs(double) > Math.abs(near);
  // Below the smallest there is only zero.
  view.setUint32(0, isAway ? bits + 1 : bits - 1);
  return view.getFloat32(0);
}

/** Is digits × 10^scale less than, equal to or more than the double? All exact. */
function compareMagnitudes(digits: bigint, scale: bigint, double: number): number {
  let mantissa = double;
  let halvings = 0n;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    halvings++;
  }
  const left = (digits * 10n ** (scale > 0n ? scale : 0n)) << halvings;
  const right = BigInt(mantissa) * 10n ** (scale < 0n ? -scale : 0n);
  return left === right ? 0 : left < right ? -1 : 1;
}
