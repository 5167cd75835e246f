/** The two lanes of decompression, of which each takes its own bodies one after the other. */

/** Content of a small body: milliseconds of work. */
const SMALL_BYTES = 4_194_304;

/** Jobs that wait for a thread. They are small, or few fit into memory. */
export const MAX_WAITING = 128;

/** Whether a body goes by the lane of small ones. `boundBytes`: most bytes that may come out of it. */
export function isSmall(dataBytes: number, boundBytes: number): boolean {
  return dataBytes + boundBytes <= SMALL_BYTES;
}
