/** Names of cans and keys of their objects (protocol, archive 2.2 and 2.3). */
import { type HourFolder, parseHourFolder } from '../measurement/spoolPaths.ts';
import { dayText } from '../time/days.ts';

/** One can: some measurements of one hour, country and test, from one host. */
export interface CanName {
  readonly folder: HourFolder;
  readonly collectorId: string;
  /** Counts the cans of a folder from 0; never used twice. */
  readonly k: number;
}

/** `<YYYYMMDDHH>_<CC>_<testname>.n<collector_id>.<k>` */
export function canText(can: CanName): string {
  return `${can.folder.name}.n${can.collectorId}.${can.k}`;
}

/** `raw/<YYYYMMDD>/<HH>/<CC>/<testname>/`: where all cans of an hour folder are. */
export function folderPrefix(folder: HourFolder): string {
  const { hour, probeCc, testName } = folder;
  return `raw/${hour.slice(0, 8)}/${hour.slice(8)}/${probeCc}/${testName}/`;
}

/** `raw/<YYYYMMDD>/`: where all cans of a day of receipt are. */
export function dayPrefix(atMs: number): string {
  return `raw/${dayText(atMs).replaceAll('-', '')}/`;
}

export const TAR_SUFFIX = '.tar.gz';
export const JSONL_SUFFIX = '.jsonl.gz';

export function tarKey(can: CanName): string {
  return `${folderPrefix(can.folder)}${canText(can)}${TAR_SUFFIX}`;
}

export function jsonlKey(can: CanName): string {
  return `${folderPrefix(can.folder)}${canText(can)}${JSONL_SUFFIX}`;
}

/** The JSONL object whose lines the measurements of an object are: itself, or the one beside a tar. */
export function linesKeyOf(key: string): string {
  return key.endsWith(TAR_SUFFIX) ? key.slice(0, -TAR_SUFFIX.length) + JSONL_SUFFIX : key;
}

/** The tar beside a JSONL object. */
export function tarKeyOf(jsonl: string): string {
  return jsonl.slice(0, -JSONL_SUFFIX.length) + TAR_SUFFIX;
}

/** Takes a can's name apart; undefined for any other text. */
export function parseCan(text: string): CanName | undefined {
  const match = /^(.+)\.n([a-z0-9]{1,8})\.(0|[1-9]\d{0,8})$/.exec(text);
  const folder = match && parseHourFolder(match[1]!);
  if (!folder) return undefined;
  return { folder, collectorId: match[2]!, k: Number(match[3]) };
}

/** The can that an object belongs to; undefined for keys that no uploader makes. */
export function parseObjectKey(
  key: string,
): { readonly can: CanName; readonly kind: 'tar' | 'jsonl' } | undefined {
  const kind = key.endsWith(TAR_SUFFIX) ? 'tar' : key.endsWith(JSONL_SUFFIX) ? 'jsonl' : undefined;
  if (kind === undefined) return undefined;
  const suffix = kind === 'tar' ? TAR_SUFFIX : JSONL_SUFFIX;
  const can = parseCan(key.slice(key.lastIndexOf('/') + 1, -suffix.length));
  if (can === undefined || key !== (kind === 'tar' ? tarKey(can) : jsonlKey(can))) return undefined;
  return { can, kind };
}

/** The next k of a folder, from all cans of it that are known anywhere. */
export function nextK(folder: HourFolder, collectorId: string, known: Iterable<CanName>): number {
  let next = 0;
  for (const can of known)
    if (can.folder.name === folder.name && can.collectorId === collectorId)
      next = Math.max(next, can.k + 1);
  return next;
}
