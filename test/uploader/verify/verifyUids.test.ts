/** Each measurement once: also when the uids of its folder are not held any more. */
import t from 'tap';
import { encodeLeaf, type PublishedLeaf } from '../../../src/core/archive/leaf.ts';
import type { ReadPart } from '../../../src/core/archive/logReader.ts';
import { TILE_WIDTH } from '../../../src/core/archive/merkle.ts';
import { encodeBundle, entriesPath } from '../../../src/core/archive/tiles.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { openReport } from '../../../src/uploader/verify/report.ts';
import { makeUidCheck } from '../../../src/uploader/verify/verifyUids.ts';

const folderOf = (hour: number) => parseHourFolder(`20260821${hour}_IT_tor`)!;
const uid = (hour: number, serial: number) =>
  `20260821${hour}0000.${String(serial).padStart(6, '0')}_IT_tor_0123456789abcdef`;

for (const held of [0, 100, 1_000_000])
  t.test(`${held} uids held`, async (t) => {
    // Three folders in turn, so that each is let go of before its next can comes.
    const cans = Array.from({ length: 9 }, (_, at) => ({
      hour: 10 + (at % 3),
      serials: Array.from({ length: 70 }, (_, line) => at * 100 + line),
    }));
    // In the last can of hour 10: one of its first can, and one of itself.
    cans[6]!.serials.splice(0, 2, 5, cans[6]!.serials[9]!);
    const leaves = cans.map(({ hour, serials }, at): PublishedLeaf[] =>
      serials.map((serial, line) => ({
        kind: 'published',
        uid: uid(hour, serial),
        sha256: '0'.repeat(64),
        key: `can ${at}`,
        line,
      })),
    );
    const entries = leaves.flat().map(encodeLeaf);
    const parts = new Map<string, Buffer>();
    for (let index = 0; index * TILE_WIDTH < entries.length; index++) {
      const some = entries.slice(index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      parts.set(entriesPath({ index, width: some.length }), encodeBundle(some));
    }
    let reads = 0;
    const readPart: ReadPart = async (path) => {
      reads++;
      return parts.get(path);
    };
    const found: string[] = [];
    const report = openReport((line) => found.push(line));
    const check = makeUidCheck(readPart, entries.length, report, held);
    let firstLeaf = 0;
    for (const [at, some] of leaves.entries()) {
      await check.check({ key: `can ${at}`, firstLeaf, leaves: some }, folderOf(cans[at]!.hour));
      firstLeaf += some.length;
    }
    t.same(found, [
      `problem: can 6 line 0: ${uid(10, 5)} was published before`,
      `problem: can 6 line 9: ${uid(10, 609)} was published before`,
    ]);
    t.equal(reads > 0, held < 1_000, 'the log is read again only where it must be');
  });

t.test('a measurement of another folder, and what is none', async (t) => {
  const found: string[] = [];
  const check = makeUidCheck(
    async () => undefined,
    3,
    openReport((line) => found.push(line)),
  );
  const leaf = (text: string, line: number): PublishedLeaf => ({
    kind: 'published',
    uid: text,
    sha256: '',
    key: 'can',
    line,
  });
  const leaves = [uid(10, 1), uid(11, 1), '../x'].map(leaf);
  await check.check({ key: 'can', firstLeaf: 0, leaves }, folderOf(10));
  t.same(found, [
    `problem: can line 1: ${uid(11, 1)} belongs into 2026082111_IT_tor`,
    'problem: can line 2: ../x belongs nowhere',
  ]);
});
