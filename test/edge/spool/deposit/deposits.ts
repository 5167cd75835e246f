/** Measurements to be stored, each with a uid and a key of its own, and what a spool holds of them. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import {
  makeMeasurementUid,
  parseMeasurementUid,
} from '../../../../src/core/measurement/measurementUid.ts';
import type { Deposit } from '../../../../src/edge/spool/deposit/deposit.ts';

export const NOW_MS = Date.UTC(2026, 7, 21, 10, 15, 3);

let serial = 0;

export function depositOf(bytes: number, hoursLater = 0): Deposit {
  const atMs = NOW_MS + hoursLater * 3_600_000;
  const text = makeMeasurementUid(atMs * 1000 + serial++, 'IT', 'ndt', Buffer.from('{}'));
  return {
    uid: parseMeasurementUid(text)!,
    envelope: Buffer.alloc(bytes, `measurement ${serial} `),
    key: createHash('sha256').update(String(serial)).digest('hex'),
    answer: { measurementUid: text, reportId: `report${serial}` },
    nowMs: NOW_MS,
  };
}

/** Names of all that is no folder, relative, of those that end so. */
export function filesBelow(dir: string, end = ''): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith(end))
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .sort();
}

/** Names below seen/ that promise nothing. */
export function claimsIn(dir: string): string[] {
  return filesBelow(join(dir, 'seen'))
    .filter((name) => lstatSync(join(dir, 'seen', name)).mtimeMs !== 0)
    .map((name) => basename(name));
}
