import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseHourFolder } from '../../../src/core/measurement/spoolPaths.ts';
import { openHours } from '../../../src/edge/spool/hours.ts';

t.test(
  'strangers of one name, moved away at once from several folders, are all kept',
  async (t) => {
    const dir = t.testdir({ incoming: {}, quarantine: {} });
    const hours = openHours(dir);
    const countries = ['IT', 'DE', 'FR', 'US'];
    const moves = countries.map(async (country) => {
      const folder = parseHourFolder(`2026082110_${country}_tor`)!;
      mkdirSync(join(dir, 'incoming', folder.name));
      writeFileSync(join(dir, 'incoming', folder.name, 'stranger.post'), country);
      return hours.quarantineAway(folder, 'stranger.post', `of ${country}`);
    });
    const names = await Promise.all(moves);
    t.equal(new Set(names).size, countries.length);
    const quarantine = join(dir, 'quarantine');
    t.same(
      names.map((name) => readFileSync(join(quarantine, name), 'utf8')),
      countries,
    );
    t.same(
      names.map((name) => readFileSync(join(quarantine, `${name}.reason`), 'utf8').trim()),
      countries.map((country) => `of ${country}`),
    );
    t.equal(readdirSync(quarantine).length, 2 * countries.length);
  },
);
