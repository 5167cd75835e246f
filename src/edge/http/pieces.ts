/** Answers that are made piece by piece, as they are taken. */
import { Readable } from 'node:stream';
import { setImmediate as othersFirst } from 'node:timers/promises';
import type { Context } from 'koa';

/** Between two pieces others are served. Status and type are the caller's. */
export function sendPieces(ctx: Context, pieces: Iterable<string>): void {
  ctx.body = Readable.from(inTurns(pieces), { objectMode: false });
}

async function* inTurns(pieces: Iterable<string>): AsyncGenerator<string> {
  for (const piece of pieces) {
    yield piece;
    await othersFirst();
  }
}
