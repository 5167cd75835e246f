/**
 * An answer as ClickHouse's own writers make it, passed on as it comes. A server that fails in the middle
 * says so at the end of what it has sent, and closes the connection as if all were well: that end is held
 * back until it is known to be none.
 */
import { Transform, type TransformCallback } from 'node:stream';

/** The server bounds what it says to 16 KiB; around it stand the marks. */
const HELD_BACK_BYTES = 32_768;

/** What the server says instead of the rest of its answer. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/**
 * `tag`: of the header X-ClickHouse-Exception-Tag, another one with every answer. Servers before 25.11 have
 * none: rows that hold the words of their faults are taken for one, rather than the other way round.
 */
export function wholeAnswer(tag: string | undefined): Transform {
  const mark = Buffer.from(tag === undefined ? 'DB::Exception: ' : `__exception__\r\n${tag}`);
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      held = Buffer.concat([held, chunk]);
      const bytes = held.length - HELD_BACK_BYTES;
      if (bytes <= 0) return done();
      const passed = held.subarray(0, bytes);
      held = held.subarray(bytes);
      done(null, passed);
    },
    flush(done: TransformCallback) {
      const at = held.indexOf(mark);
      if (at === -1) done(null, held);
      else
        done(
          new BrokenOff(
            held
              .subarray(at + mark.length)
              .toString('utf8')
              .trim()
              .slice(0, 1000),
          ),
        );
    },
  });
}
