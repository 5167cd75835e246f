/** OONI Run links: tests that somebody has put together for others (protocol, data 6.1). */
import { type JsonObject, member } from '../json/jsonValue.ts';
import { readObject } from '../validation/bodyReader.ts';
import type { Issue } from '../validation/issues.ts';
import { type Nettest, readNettest, targetsFault } from './nettest.ts';

type Translations = Readonly<Record<string, string>>;

/** What its author writes. Times are whole seconds since 1970. */
export interface LinkText {
  readonly name: string;
  readonly shortDescription: string;
  readonly description: string;
  /** An address of mail, in small letters. */
  readonly author: string;
  readonly nettests: readonly Nettest[];
  readonly nameIntl: Translations | null;
  readonly shortDescriptionIntl: Translations | null;
  readonly descriptionIntl: Translations | null;
  readonly icon: string | null;
  readonly color: string | null;
  readonly expirationS: number | null;
}

export interface Link extends LinkText {
  /** Digits. */
  readonly id: string;
  readonly creatorAccountId: string;
  readonly expirationS: number;
  readonly dateCreatedS: number;
  readonly dateUpdatedS: number;
  /** Of the tests: one more each time that they change. */
  readonly revision: number;
  readonly revisionCreatedS: number;
}

export type LinkCheck =
  | { readonly kind: 'ok'; readonly text: LinkText }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] }
  /** Types fit, and the tests cannot be run. */
  | { readonly kind: 'refused'; readonly error: string };

const MAX_NETTESTS = 200;
/** Of all tests together, as JSON: every probe that runs the link fetches them. */
const MAX_NETTESTS_CHARACTERS = 262_144;
const MAX_TRANSLATIONS = 300;
/** Of all of them together, as JSON: the app fetches them with the link. */
const MAX_TRANSLATIONS_CHARACTERS = 262_144;
const MAX_TEXT_CHARACTERS = 20_000;
const FIRST_MS = Date.UTC(1900, 0, 1);
const END_MS = Date.UTC(2299, 0, 1);
const KEPT_S = 180 * 86_400;

export function readLink(body: unknown): LinkCheck {
  const reader = readObject(body);
  const nettestObjects = reader.objects('nettests', { maxItems: MAX_NETTESTS });
  if (!reader.has('nettests')) reader.refuse('nettests', 'missing', 'Field required');
  // What is no object was told already.
  else if (nettestObjects?.length === 0 && reader.issues.length === 0)
    reader.refuse('nettests', 'too_short', 'List should have at least 1 item after validation', {
      min_length: 1,
    });
  const nettests = (nettestObjects ?? []).map((nettest, index) =>
    readNettest(nettest, reader.issues, ['body', 'nettests', index]),
  );
  const expirationMs = reader.datetime('expiration_date');
  if (expirationMs !== undefined && (expirationMs < FIRST_MS || expirationMs >= END_MS))
    reader.refuse(
      'expiration_date',
      'value_error',
      'Value error, expected a time from 1900 to 2298',
    );
  const text = {
    name: reader.text('name', { minLength: 2, maxLength: 50 }),
    shortDescription: reader.text('short_description', { minLength: 2, maxLength: 200 }),
    description: reader.text('description', { minLength: 2, maxLength: MAX_TEXT_CHARACTERS }),
    author: reader.text('author', { minLength: 2, maxLength: 100 }).trim().toLowerCase(),
    nettests,
    nameIntl: readTranslations(reader.object('name_intl'), 'name_intl', reader.issues),
    shortDescriptionIntl: readTranslations(
      reader.object('short_description_intl'),
      'short_description_intl',
      reader.issues,
    ),
    descriptionIntl: readTranslations(
      reader.object('description_intl'),
      'description_intl',
      reader.issues,
    ),
    icon: reader.optionalText('icon', { maxLength: 200 }),
    color: reader.optionalText('color', { pattern: '^#[0-9a-fA-F]{6}$' }),
    expirationS: expirationMs === undefined ? null : Math.floor(expirationMs / 1_000),
  };
  if (JSON.stringify(nettests).length > MAX_NETTESTS_CHARACTERS)
    reader.refuse(
      'nettests',
      'too_long',
      `Value error, more than ${MAX_NETTESTS_CHARACTERS} characters of tests`,
    );
  const translations = [text.nameIntl, text.shortDescriptionIntl, text.descriptionIntl];
  if (JSON.stringify(translations).length > MAX_TRANSLATIONS_CHARACTERS)
    reader.refuse(
      'description_intl',
      'too_long',
      `Value error, more than ${MAX_TRANSLATIONS_CHARACTERS} characters of translations`,
    );
  if (reader.issues.length > 0) return { kind: 'invalid', issues: reader.issues };
  const fault = targetsFault(nettests);
  return fault === undefined ? { kind: 'ok', text } : { kind: 'refused', error: fault };
}

/** By language. */
function readTranslations(
  object: JsonObject | undefined,
  name: string,
  issues: Issue[],
): Translations | null {
  if (object === undefined) return null;
  const languages = Object.keys(object).slice(0, MAX_TRANSLATIONS);
  const reader = readObject(object, issues, ['body', name]);
  const translations = languages
    .filter((language) => member(object, language) !== null)
    .map((language) => [
      language,
      reader.text(language, { minLength: 2, maxLength: MAX_TEXT_CHARACTERS }),
    ]);
  return Object.fromEntries(translations) as Translations;
}

/** A new link. */
export function newLink(text: LinkText, id: string, creatorAccountId: string, nowS: number): Link {
  return {
    ...text,
    id,
    creatorAccountId,
    expirationS: text.expirationS ?? nowS + KEPT_S,
    dateCreatedS: nowS,
    dateUpdatedS: nowS,
    revision: 1,
    revisionCreatedS: nowS,
  };
}

/** An edited one: other tests make a new revision, everything else is changed in place. */
export function editedLink(link: Link, text: LinkText, nowS: number): Link {
  const sameTests = JSON.stringify(text.nettests) === JSON.stringify(link.nettests);
  return {
    ...link,
    ...text,
    expirationS: text.expirationS ?? link.expirationS,
    dateUpdatedS: nowS,
    ...(sameTests ? {} : { revision: link.revision + 1, revisionCreatedS: nowS }),
  };
}
