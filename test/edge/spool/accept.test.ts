/** What accept() never does: touch a name that another call made. */
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../src/core/measurement/measurementUid.ts';
import { openSpool } from '../../../src/edge/spool/spool.ts';

const BYTES = Buffer.from('{"format":"json","content":{}}');
const UID = parseMeasurementUid(
  makeMeasurementUid(Date.UTC(2026, 7, 21, 10, 15, 3) * 1000, 'IT', 'ndt', BYTES),
)!;
const HOUR_FOLDER = 'incoming/2026082110_IT_ndt';
const INCOMING = `${HOUR_FOLDER}/${UID.text}.post`;
const PENDING = `pending/${UID.text}.post`;

/** Names and files below a spool. */
function standing(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const folder of ['pending', HOUR_FOLDER])
    for (const name of readdirSync(join(dir, folder))) {
      const file = join(dir, folder, name);
      found[`${folder}/${name}`] = `${statSync(file).ino} ${readFileSync(file, 'utf8')}`;
    }
  return found;
}

const cases: [string, (dir: string) => void][] = [
  ['stored by another process, waiting to be scored', () => {}],
  ['scored already', (dir) => rmSync(join(dir, PENDING))],
  ['published already, and not scored', (dir) => rmSync(join(dir, INCOMING))],
  [
    'in the middle of being stored',
    (dir) => linkSync(join(dir, INCOMING), join(dir, `${INCOMING}.tmp`)),
  ],
];
for (const [name, change] of cases)
  t.test(`the uid is taken: ${name}`, async (t: Test) => {
    const dir = t.testdir();
    const first = await openSpool(dir);
    t.equal(await first.accept(UID, BYTES), 'stored');
    change(dir);
    const before = standing(dir);
    for (const spool of [first, await openSpool(dir)])
      t.equal(await spool.accept(UID, Buffer.from('other')), 'uid_taken');
    t.strictSame(standing(dir), before);
  });

t.test(
  'a fault after the first link takes back that link, and no other file of its name',
  async (t) => {
    const dir = t.testdir();
    const spool = await openSpool(dir);
    rmSync(join(dir, 'pending'), { recursive: true });
    writeFileSync(join(dir, 'pending'), '');
    await t.rejects(spool.accept(UID, BYTES), { code: 'ENOTDIR' });
    t.strictSame(readdirSync(join(dir, HOUR_FOLDER)), []);
  },
);

t.test('an hour folder that is no folder is a fault, not a uid that is taken', async (t) => {
  const dir = t.testdir();
  const spool = await openSpool(dir);
  writeFileSync(join(dir, HOUR_FOLDER), '');
  await t.rejects(spool.accept(UID, BYTES), { code: 'OONI_FOREIGN' });
  rmSync(join(dir, HOUR_FOLDER));
  mkdirSync(join(dir, HOUR_FOLDER));
  t.equal(await spool.accept(UID, BYTES), 'stored');
});
