/**
 * Runs the module of the first argument through names, in the folder of the second, and through arguments that are none.
 * Prints the names that are left, those of entries outside that were taken, and arguments that were not refused.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openUnlinker, type UnlinkDoor } from '../../../../src/edge/spool/unlink/native.ts';
import { loadNative } from '../../../../src/native/nativeModule.ts';
import { noFallback } from '../../../support/noFallback.ts';
import { ODD_ARGUMENTS } from '../../../support/oddArguments.ts';

async function runSanitizedUnlinks(path: string, folder: string): Promise<void> {
  const unlinker = openUnlinker(noFallback, path);
  const loaded = loadNative<UnlinkDoor>(path);
  if (loaded.kind === 'unusable') throw new Error(loaded.reason);

  const outside = join(folder, 'outside');
  const pending = join(folder, 'pending');
  writeFileSync(outside, '');
  mkdirSync(pending);
  const names = Array.from(
    { length: 300 },
    (_, index) => 'n'.repeat((index % 250) + 1) + index,
  ).map((name) => name.slice(-255));
  for (const name of [...names, 'kept']) writeFileSync(join(pending, name), '');
  const refused = await unlinker.unlink(pending, names);

  const door = loaded.doors.unlink as (...given: unknown[]) => Promise<unknown>;
  const bytes = (text: string) => Buffer.from(text);
  const none: unknown[][] = [
    [],
    [pending],
    ...['', '\0', 'kept', 'a\0kept', 'a\0\0', '.\0', '..\0', '../outside\0', 'a/b\0'].map(
      (text) => [pending, bytes(text)],
    ),
    [pending, bytes(`${'x'.repeat(256)}\0`)],
    ...ODD_ARGUMENTS.map((odd) => [pending, odd]),
    ...ODD_ARGUMENTS.filter((odd) => typeof odd !== 'string').map((odd) => [odd, bytes('kept\0')]),
  ];
  const odd: string[] = [];
  for (const [at, given] of none.entries())
    try {
      await door(...given);
      odd.push(`${at} was not refused`);
    } catch (error) {
      if (!(error instanceof TypeError)) odd.push(`${at}: ${error}`);
    }
  const taken = readdirSync(folder).includes('outside') ? [] : ['outside'];
  console.log(JSON.stringify({ left: readdirSync(pending), taken, refused: refused.length, odd }));
}

await runSanitizedUnlinks(process.argv[2]!, process.argv[3]!);
