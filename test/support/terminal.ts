import { Writable } from 'node:stream';

/** A wide terminal, or what is none, that keeps all that is written to it. */
export function makeTerminal(isTTY: boolean) {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk));
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY, columns: 300 }),
    /** What came since it was asked last. */
    shown: () => chunks.splice(0).join(''),
  };
}
