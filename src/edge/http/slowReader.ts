/** An answer that is made as it is taken, and keeps something busy until its end: who takes none of it is dropped. */
import type { ServerResponse } from 'node:http';
import { onAnswerEnd } from './answerEnd.ts';

export interface ReaderPace {
  /** Less than this within that time, while more of the answer waits, is too little. */
  readonly bytes: number;
  readonly withinMs: number;
}

/**
 * The time is counted in looks. When the process stood still, as a suspended host does, nobody could take anything,
 * and one look is lost.
 */
const LOOKS = 10;

/**
 * Breaks the connection off, after `dropped`, when its client does not keep the pace. A client that has taken
 * all there is waits for us: that is not held against it. For answers that are sent in chunks well below
 * `bytes`: one counts when it has gone as a whole.
 */
export function dropSlowReader(
  response: ServerResponse,
  pace: ReaderPace,
  dropped: () => void,
): void {
  const { socket } = response.req;
  const taken = () => socket.bytesWritten - socket.writableLength;
  /** For how many looks something waits, and what was taken at the first one; undefined: nothing waits. */
  let waits: { looks: number; readonly taken: number } | undefined;
  const timer = setInterval(() => {
    if (socket.writableLength === 0 && !response.writableNeedDrain) waits = undefined;
    else if (waits === undefined || taken() - waits.taken >= pace.bytes)
      waits = { looks: 0, taken: taken() };
    else if (++waits.looks >= LOOKS) {
      clearInterval(timer);
      dropped();
      socket.destroy();
    }
  }, pace.withinMs / LOOKS).unref();
  onAnswerEnd(response, () => clearInterval(timer));
}
