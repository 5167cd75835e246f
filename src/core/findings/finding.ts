/** A finding: what somebody found out about censorship, and where (protocol, data 5.4). */
import { MAX_ASN, parseLooseAsn } from '../measurement/asNumber.ts';
import { readObject } from '../validation/bodyReader.ts';
import type { Issue } from '../validation/issues.ts';

/** What its author writes. Times are whole seconds since 1970. */
export interface FindingText {
  readonly title: string;
  readonly text: string;
  readonly shortDescription: string;
  /** Null: made from the title, or left as it is. */
  readonly slug: string | null;
  readonly startTimeS: number;
  readonly endTimeS: number | null;
  readonly reportedBy: string;
  readonly published: boolean;
  readonly eventType: string;
  readonly asns: readonly number[];
  readonly ccs: readonly string[];
  readonly themes: readonly string[];
  readonly tags: readonly string[];
  readonly testNames: readonly string[];
  readonly domains: readonly string[];
  readonly links: readonly string[];
  /** In small letters; `''` when none was sent. */
  readonly emailAddress: string;
}

export interface Finding extends FindingText {
  readonly id: string;
  readonly slug: string;
  readonly creatorAccountId: string;
  readonly createTimeS: number;
  readonly updateTimeS: number;
}

export type FindingCheck =
  | { readonly kind: 'ok'; readonly text: FindingText }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

const MAX_TITLE_CHARACTERS = 500;
const MAX_TEXT_CHARACTERS = 500_000;
const MAX_LINE_CHARACTERS = 2_000;
const MAX_ITEMS = 2_000;
/** What the table's columns hold. */
const FIRST_MS = Date.UTC(1900, 0, 1);
const END_MS = Date.UTC(2299, 0, 1);

/** Unknown members are ignored, as are an id and times of creation. */
export function readFinding(body: unknown): FindingCheck {
  const reader = readObject(body);
  const line = (name: string) =>
    reader.optionalText(name, { maxLength: MAX_LINE_CHARACTERS }) ?? '';
  const lines = (name: string) =>
    reader.texts(name, { maxItems: MAX_ITEMS, maxLength: MAX_LINE_CHARACTERS }) ?? [];
  const seconds = (name: string): number | null => {
    const ms = reader.datetime(name);
    if (ms === undefined) return null;
    if (ms < FIRST_MS || ms >= END_MS)
      reader.refuse(name, 'value_error', 'Value error, expected a time from 1900 to 2298');
    return Math.floor(ms / 1_000);
  };

  const title = reader.text('title', { minLength: 1, maxLength: MAX_TITLE_CHARACTERS });
  const text = reader.text('text', { minLength: 1, maxLength: MAX_TEXT_CHARACTERS });
  for (const [name, value] of [
    ['title', title],
    ['text', text],
  ] as const)
    if (value !== '' && value.trim() === '')
      reader.refuse(name, 'value_error', `Value error, ${name} must not be empty`);
  if (!reader.has('start_time')) reader.refuse('start_time', 'missing', 'Field required');
  const startTimeS = seconds('start_time') ?? 0;
  const endTimeS = seconds('end_time');
  if (endTimeS !== null && endTimeS < startTimeS)
    reader.refuse('end_time', 'value_error', 'Value error, end_time must not be before start_time');
  const slug = reader.optionalText('slug', { maxLength: 200 })?.trim() || null;
  // Digits alone would be taken for an id.
  if (slug !== null && (!/^[^\s/?#%\\]+$/.test(slug) || /^\d+$/.test(slug)))
    reader.refuse(
      'slug',
      'value_error',
      'Value error, expected a name for an address, with letters',
    );
  const finding: FindingText = {
    title,
    text,
    shortDescription: reader.optionalText('short_description', { maxLength: 10_000 }) ?? '',
    slug,
    startTimeS,
    endTimeS,
    reportedBy: line('reported_by'),
    published: reader.optionalBool('published') ?? false,
    eventType: line('event_type'),
    asns: reader.integers('ASNs', { maxItems: MAX_ITEMS, max: MAX_ASN }) ?? [],
    ccs: lines('CCs'),
    themes: lines('themes'),
    tags: lines('tags'),
    testNames: lines('test_names'),
    domains: lines('domains'),
    links: lines('links'),
    emailAddress: line('email_address').trim().toLowerCase(),
  };
  return reader.issues.length > 0
    ? { kind: 'invalid', issues: reader.issues }
    : { kind: 'ok', text: finding };
}

const MAX_SLUG_CHARACTERS = 64;

/** `2026-example-throttled`; `number`: from 2 where the plain one is another finding's. */
export function defaultSlug(title: string, startTimeS: number, number = 1): string {
  const year = new Date(startTimeS * 1_000).getUTCFullYear();
  const name = title
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/[^a-z0-9-]/g, '');
  const suffix = number === 1 ? '' : `-${number}`;
  return `${`${year}-${name}`.slice(0, MAX_SLUG_CHARACTERS - suffix.length)}${suffix}`;
}

/** The id of a new one: a random number and, so that hosts do not meet, the collector's. */
export function findingId(random: number, collectorId: string): string {
  const collector = /^\d{1,2}$/.test(collectorId) ? Number(collectorId) : 0;
  return String(random * 100 + collector);
}

/** AS numbers of a filter; what is none matches nothing. */
export function filterAsns(items: readonly string[] | undefined): number[] | undefined {
  return items?.map(parseLooseAsn).filter((asn) => asn !== undefined);
}
