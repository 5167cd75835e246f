/**
 * Loaded before ooni-fastpath (NODE_OPTIONS=--require=…): what a measurement says its thread does, as a fault in native
 * code would. `holds up` is for whoever ends the process meanwhile.
 */
const { writeSync } = require('node:fs');
const { isMainThread } = require('node:worker_threads');

const stop = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);

if (!isMainThread) {
  const { parse } = JSON;
  JSON.parse = (text, ...rest) => {
    if (text.includes('ends the process')) {
      process.kill(process.pid, 'SIGSEGV');
      // Another thread may be the one that gets the signal.
      stop();
    }
    if (text.includes('holds up') && process.env.HOLDS_UP !== undefined) {
      writeSync(2, 'held up\n');
      stop();
    }
    return parse(text, ...rest);
  };
}
