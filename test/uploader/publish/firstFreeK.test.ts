import t from 'tap';
import { type CanName, jsonlKey, tarKey } from '../../../src/core/archive/names.ts';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { firstFreeK } from '../../../src/uploader/publish/firstFreeK.ts';

const folder = parseHourFolder('2026082110_IT_tor')!;
const can = (k: number, collectorId = '1'): CanName => ({ folder, collectorId, k });

/** What this host remembers, has in `outgoing/`, and what the bucket has. */
const partsOf = (published: CanName[], outgoing: CanName[], keys: string[]) => ({
  published: { of: async () => published, add: async () => {}, expire: async () => {} },
  outgoing: { cans: async () => outgoing },
  objects: {
    name: 'the bucket',
    async *list(prefix: string) {
      t.equal(prefix, 'raw/20260821/10/IT/tor/');
      for (const key of keys) yield { key, sizeBytes: 1 };
    },
  },
  collectorId: '1',
});

t.test('after all that is known anywhere', async (t) => {
  t.equal(await firstFreeK(partsOf([], [], []), folder), 0);
  t.equal(await firstFreeK(partsOf([can(3)], [], []), folder), 4);
  t.equal(await firstFreeK(partsOf([can(3)], [can(5)], []), folder), 6);
  t.equal(await firstFreeK(partsOf([can(3)], [], [jsonlKey(can(7))]), folder), 8);
  t.equal(await firstFreeK(partsOf([], [], [tarKey(can(0)), `${folder.name}/x`]), folder), 1);
  t.equal(await firstFreeK(partsOf([], [], [jsonlKey(can(9, '2'))]), folder), 0, 'of another host');
});

t.test('a bucket that cannot be listed ends the run, and says that nothing is lost', async (t) => {
  const parts = partsOf([], [], []);
  const cause = new Error('AccessDenied');
  const objects = {
    name: 'the bucket',
    // biome-ignore lint/correctness/useYield: it fails before there is anything
    async *list(): AsyncGenerator<never> {
      throw cause;
    },
  };
  await t.rejects(firstFreeK({ ...parts, objects }, folder), {
    message: /^cannot list the bucket: nothing is lost/,
    exitCode: 69,
    cause,
  });
});
