/**
 * Small gzip bodies at once, by the native module and by zlib: what is in order comes out the same, all else is left to the
 * stream. The module runs under the compiler's checks too, with damaged data.
 */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { gunzipByZlib, openGunzip } from '../../../src/edge/http/gunzip.ts';
import { noFallback } from '../../support/noFallback.ts';
import { runSanitized } from '../../support/sanitizedModule.ts';
import { texts } from '../gzip/texts.ts';
import type { FuzzReport } from './gunzipProgram.ts';

const native = openGunzip(noFallback);

/** With a flag in its header (RFC 1952, 2.3.1), and what belongs to that. */
function memberWith(flag: number, field: string, text: Buffer): Buffer {
  const member = gzipSync(text);
  member[3] = flag;
  return Buffer.concat([member.subarray(0, 10), Buffer.from(field), member.subarray(10)]);
}

for (const [name, gunzip] of Object.entries({ native, zlib: gunzipByZlib })) {
  t.test(`${name}: what fills the room`, async (t) => {
    for (const { name, text } of texts())
      for (const level of [0, 1, 9]) {
        const content = Buffer.alloc(text.length, 0xa5);
        t.ok(gunzip(gzipSync(text, { level }), content), `${name}, level ${level}`);
        t.ok(content.equals(text), `${name}, level ${level}: the same text`);
      }
    t.ok(gunzip(gzipSync(''), Buffer.alloc(0)), 'nothing');
    t.ok(gunzip(memberWith(0x08, 'a name\0', Buffer.from('text')), Buffer.alloc(4)), 'with a name');
  });

  t.test(`${name}: what does not, or is damaged`, async (t) => {
    const text = Buffer.from('text, text, text');
    const member = gzipSync(text);
    const room = () => Buffer.alloc(text.length);
    const changed = (at: number) => {
      const data = Buffer.from(member);
      data[at] = data.at(at)! ^ 1;
      return data;
    };
    for (const [what, data, content] of [
      ['less room', member, Buffer.alloc(text.length - 1)],
      ['more room', member, Buffer.alloc(text.length + 1)],
      ['no room', member, Buffer.alloc(0)],
      ['nothing', Buffer.alloc(0), room()],
      ['a header alone', member.subarray(0, 10), room()],
      ['cut off', member.subarray(0, -1), room()],
      ['two members', Buffer.concat([member, member]), room()],
      ['another checksum', changed(member.length - 8), room()],
      ['another length', changed(member.length - 4), room()],
      ['other magic', changed(1), room()],
    ] as const)
      t.equal(gunzip(data, content), false, what);
  });
}

t.test('a checksum of the header is left to those who look at it', async (t) => {
  const text = Buffer.from('text');
  const member = memberWith(0x02, '\0\0', text);
  t.equal(native(member, Buffer.alloc(text.length)), false);
});

t.test('where the module cannot be used, it is told, and zlib does it', async (t) => {
  const reasons: string[] = [];
  const gunzip = openGunzip((reason) => reasons.push(reason), join(t.testdir(), 'none.node'));
  t.equal(gunzip, gunzipByZlib);
  t.match(reasons, [/none\.node cannot be loaded/]);
});

t.test('damaged data and odd arguments, under the compiler’s checks', async (t) => {
  const { status, signal, stdout, stderr } = runSanitized(
    new URL('./gunzipProgram.ts', import.meta.url),
  );
  t.strictSame({ status, signal, stderr }, { status: 0, signal: null, stderr: '' });
  const report = JSON.parse(stdout) as FuzzReport;
  t.ok(report.filled > 200 && report.refused > 1_000, JSON.stringify(report));
  t.strictSame(report.wrong, []);
});
