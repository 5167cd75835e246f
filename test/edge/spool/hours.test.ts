/** Emptying an hour folder of what was published, by the native module and without it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { FolderTrouble, openHours } from '../../../src/edge/spool/hours.ts';
import { openUnlinker } from '../../../src/edge/spool/unlink/native.ts';
import { openReferenceUnlinker } from '../../../src/edge/spool/unlink/reference.ts';
import { noFallback } from '../../support/noFallback.ts';

const folder = parseHourFolder('2026082110_IT_tor')!;
const uidOf = (serial: number) =>
  `20260821100000.${String(serial).padStart(6, '0')}_IT_tor_0123456789abcdef`;
const uids = (count: number) => Array.from({ length: count }, (_, serial) => uidOf(serial));

for (const [name, unlinker] of [
  ['native', openUnlinker(noFallback)],
  ['reference', openReferenceUnlinker()],
] as const) {
  /** A spool with so many measurements in the folder. */
  const fill = (dir: string, count: number) => {
    const hour = join(dir, 'incoming', folder.name);
    mkdirSync(hour, { recursive: true });
    for (const uid of uids(count)) writeFileSync(join(hour, `${uid}.post`), '{}');
    return { hour, hours: openHours(dir, { unlinker }) };
  };

  t.test(`${name}: those that are named go, then the folder`, async (t) => {
    const { hour, hours } = fill(t.testdir(), 1_000);
    const left: number[] = [];
    await hours.clear(folder, uids(999), () => {
      left.push(readdirSync(hour).length);
    });
    t.strictSame(readdirSync(hour), [`${uidOf(999)}.post`], 'one came late');
    t.equal(left.at(-1), 1);
    t.ok(left.length > 1, 'some at a time');
    t.strictSame(
      left,
      [...left].sort((a, b) => b - a),
    );
    await hours.clear(folder, uids(1_000));
    t.notOk(existsSync(hour));
    await hours.clear(folder, uids(1_000));
  });

  t.test(`${name}: what the disk refuses is trouble of this folder`, async (t) => {
    const { hour, hours } = fill(t.testdir(), 5);
    const file = join(hour, `${uidOf(2)}.post`);
    rmSync(file);
    mkdirSync(join(file, 'x'), { recursive: true });
    await t.rejects(hours.clear(folder, uids(5)), { message: file });
    await t.rejects(hours.clear(folder, uids(5)), FolderTrouble);
    rmSync(file, { recursive: true });
    await hours.clear(folder, uids(5));
    t.notOk(existsSync(hour));
  });

  t.test(
    `${name}: nothing outside of the folder goes, whatever comes to stand there`,
    async (t) => {
      const dir = t.testdir({ other: {} });
      const { hour, hours } = fill(dir, 300);
      const other = join(dir, 'other');
      for (const uid of uids(300)) writeFileSync(join(other, `${uid}.post`), 'of another');
      let was = false;
      await t.rejects(
        hours.clear(folder, uids(300), () => {
          if (was) return;
          was = true;
          renameSync(hour, `${hour}.away`);
          symlinkSync(other, hour);
        }),
        FolderTrouble,
        'the folder that was emptied is not there any more',
      );
      t.equal(readdirSync(other).length, 300);
      t.strictSame(readdirSync(`${hour}.away`), []);
      await t.rejects(hours.clear(folder, uids(300)), FolderTrouble, 'a link is not followed');
      t.equal(readdirSync(other).length, 300);
    },
  );

  t.test(`${name}: what is no uid deletes nothing`, async (t) => {
    const { hour, hours } = fill(t.testdir(), 2);
    await t.rejects(hours.clear(folder, [uidOf(0), '../x']), /not a measurement uid/);
    t.equal(readdirSync(hour).length, 2);
  });
}
