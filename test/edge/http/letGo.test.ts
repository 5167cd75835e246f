/** Covers src/edge/http/letGo.ts. */
import { join } from 'node:path';
import t from 'tap';
import { leaveToCollector, openLetGo } from '../../../src/edge/http/letGo.ts';
import { noFallback } from '../../support/noFallback.ts';

const letGo = openLetGo(noFallback);

t.test('an array that fills its buffer is empty, whoever sees it', (t) => {
  const chunk = Buffer.alloc(65_536, 'a');
  const other = new Uint8Array(chunk.buffer);
  letGo(chunk);
  t.strictSame([chunk.length, other.length, chunk.buffer.byteLength], [0, 0, 0]);
  letGo(chunk);
  letGo(Buffer.alloc(0));
  t.end();
});

t.test('a part of a buffer stays, and so does the rest', (t) => {
  const whole = Buffer.alloc(1_000, 'a');
  for (const part of [whole.subarray(0, 999), whole.subarray(1), whole.subarray(1, 2)]) letGo(part);
  t.strictSame(whole, Buffer.alloc(1_000, 'a'));
  // Of those that share one.
  const [small, beside] = [Buffer.from('small'), Buffer.from('beside')];
  letGo(small);
  t.strictSame([small.toString(), beside.toString()], ['small', 'beside']);
  t.end();
});

t.test('what is no Uint8Array', (t) => {
  for (const odd of [undefined, null, 'a', {}, new ArrayBuffer(8), new Int32Array(8)])
    t.throws(() => letGo(odd as never), {
      name: 'TypeError',
      message: 'what is let go is no Uint8Array',
    });
  // Memory of several threads cannot be taken from one.
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  letGo(shared);
  t.equal(shared.length, 8);
  t.end();
});

t.test('without the module it is left to the collector', (t) => {
  const reasons: string[] = [];
  const without = openLetGo((reason) => reasons.push(reason), join(t.testdir(), 'none.node'));
  t.equal(without, leaveToCollector);
  t.match(reasons, [/none\.node cannot be loaded/]);
  const chunk = Buffer.alloc(100_000);
  without(chunk);
  t.equal(chunk.length, 100_000);
  t.end();
});
