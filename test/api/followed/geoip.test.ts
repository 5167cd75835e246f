import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { followGeoip } from '../../../src/api/followed/geoip.ts';
import { makeLog } from '../../../src/log/log.ts';
import { mmdb, place } from '../../support/mmdb.ts';

const us = mmdb([{ network: '192.33.4.0/24', record: place('US', 2149, 'Cogent') }]);
const fr = mmdb([{ network: '192.33.4.0/24', record: place('FR', 1, 'F') }]);

t.test('comes, changes, is damaged and goes: probes are always answered', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'geoip.mmdb');
  const lines: string[] = [];
  const log = makeLog({ level: 'info', journald: false, write: (line) => lines.push(line) });
  const geoip = followGeoip({ sourcesDir: dir, log, lookEveryMs: 10 });
  t.teardown(() => geoip.close());
  const put = (bytes: Buffer) => {
    writeFileSync(join(dir, 'next'), bytes);
    renameSync(join(dir, 'next'), path);
  };
  const cc = () => geoip.locate('192.33.4.12').cc;
  const becomes = async (expected: string) => {
    while (cc() !== expected) await sleep(5);
  };
  const says = async (text: RegExp) => {
    while (!lines.some((line) => text.test(line))) await sleep(5);
  };

  await geoip.loaded;
  t.equal(cc(), 'ZZ', 'no file: unknown');
  t.equal(geoip.builtMs, 0);
  t.notMatch(lines.join('\n'), /error/, 'which is no fault');
  put(us);
  await becomes('US');
  t.equal(geoip.builtMs, 1_780_000_000_000);
  put(fr);
  await becomes('FR');
  put(Buffer.from('<html>'));
  await says(/cannot refresh GeoIP/);
  t.equal(cc(), 'FR', 'a damaged one is not taken');
  put(us);
  await becomes('US');
  rmSync(path);
  await says(/is gone/);
  t.equal(cc(), 'US', 'one that goes stays in use');
});
