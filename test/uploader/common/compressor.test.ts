/** Which compressor it is stands in the log, and why it is the slower one. */
import t from 'tap';
import { makeLog } from '../../../src/log/log.ts';
import { openCompressor } from '../../../src/uploader/common/compressor.ts';

t.test('the native one, and zlib with a warning where that cannot be used', async (t) => {
  const lines: string[] = [];
  const log = makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) });
  t.match(openCompressor({ gzip_level: 6 }, log).name, /^libdeflate \d/);
  t.strictSame(lines, []);
  t.equal(
    openCompressor({ gzip_level: 6 }, log, '/nowhere/native.node').name,
    `zlib ${process.versions.zlib}`,
  );
  t.match(lines, [/zlib compresses.*\/nowhere\/native\.node cannot be loaded/]);
  t.equal(lines.length, 1);
});
