/** OONI Run links: the newest edit of each (protocol, data 6.1). */
import type { Link } from '../oonirun/link.ts';
import type { Nettest } from '../oonirun/nettest.ts';
import { makeConditions } from './conditions.ts';
import type { EditMark, EditTable } from './edits.ts';
import { tableTime } from './findings.ts';
import type { Query } from './query.ts';

export const OONIRUN_LINKS: EditTable = {
  table: 'oonirun_links',
  key: 'oonirun_link_id',
  keyType: 'UInt64',
};

/** Ids below are reserved. */
const FIRST_ID = 10_000;
/** Those of a list; the newest. */
const MAX_LINKS = 1_000;
/** Of their tests and texts together: whoever reads the list shall not pay for the longest links of all. */
const MAX_LIST_BYTES = 16_777_216;

/** Times as `2026-07-11T10:00:00Z`, JSON texts where the name says so. */
export interface LinkRow extends EditMark {
  /** Digits: 64 bits do not fit a number. */
  readonly id: string;
  readonly creator_account_id: string;
  readonly author: string;
  readonly name: string;
  readonly short_description: string;
  readonly description: string;
  readonly name_intl: string;
  readonly short_description_intl: string;
  readonly description_intl: string;
  readonly icon: string | null;
  readonly color: string | null;
  readonly date_created: string;
  readonly date_updated: string;
  readonly expiration_date: string;
  readonly revision: number;
  readonly revision_created: string;
  readonly nettests: string;
}

const COLUMNS = `oonirun_link_id, edit, write_id, creator_account_id, author, name, short_description,
  description, name_intl, short_description_intl, description_intl, icon, color, date_created,
  date_updated, expiration_date, revision, revision_created, nettests`;
const AS_TEXT = 'toString(oonirun_link_id) AS id';

/** Columns of a link's newest edit. */
export function linkQuery(id: string): Query {
  return {
    sql: `SELECT ${AS_TEXT}, ${COLUMNS}
FROM oonirun_links
WHERE oonirun_link_id = {id:UInt64}
ORDER BY edit DESC, write_id DESC
LIMIT 1`,
    values: { id },
  };
}

/** The last edit of an earlier revision: its tests. */
export function linkRevisionQuery(id: string, revision: number): Query {
  return {
    sql: `SELECT ${AS_TEXT}, ${COLUMNS}
FROM oonirun_links
WHERE oonirun_link_id = {id:UInt64} AND revision = {revision:UInt32}
ORDER BY edit DESC, write_id DESC
LIMIT 1`,
    values: { id, revision },
  };
}

/** Highest first. */
export function revisionsQuery(id: string): Query {
  return {
    sql: `SELECT DISTINCT revision
FROM oonirun_links
WHERE oonirun_link_id = {id:UInt64}
ORDER BY revision DESC`,
    values: { id },
  };
}

export interface LinkSearch {
  /** Undefined: everybody's. */
  readonly creatorAccountId: string | undefined;
  readonly withExpired: boolean;
  readonly nowS: number;
}

/** The newest links first. */
export function linksQuery({ creatorAccountId, withExpired, nowS }: LinkSearch): Query {
  const conditions = makeConditions();
  conditions.equals('creator_account_id', 'String', creatorAccountId);
  if (!withExpired)
    conditions.add("expiration_date > toDateTime64({now:String}, 0, 'UTC')", {
      now: tableTime(nowS),
    });
  return {
    // First which, by what is short; then all of them.
    sql: `SELECT ${AS_TEXT}, ${COLUMNS}
FROM oonirun_links
WHERE (oonirun_link_id, edit, write_id) IN (
  SELECT oonirun_link_id, edit, write_id
  FROM (
    SELECT oonirun_link_id, edit, write_id,
      sum(bytes) OVER (ORDER BY oonirun_link_id DESC ROWS UNBOUNDED PRECEDING) AS bytes_so_far
    FROM (
      SELECT oonirun_link_id, edit, write_id, creator_account_id, expiration_date,
        length(nettests) + length(description) + length(name_intl) + length(short_description_intl)
          + length(description_intl) AS bytes
      FROM oonirun_links
      ORDER BY oonirun_link_id, edit DESC, write_id DESC
      LIMIT 1 BY oonirun_link_id
    )
    WHERE ${conditions.sql}
    ORDER BY oonirun_link_id DESC
    LIMIT ${MAX_LINKS}
  )
  WHERE bytes_so_far <= ${MAX_LIST_BYTES}
)
ORDER BY oonirun_link_id DESC`,
    values: conditions.values,
  };
}

/** What the next new link is called, and how many links the account has made. */
export function nextLinkQuery(accountId: string): Query {
  return {
    sql: `SELECT toString(greatest(max(oonirun_link_id) + 1, ${FIRST_ID})) AS next,
  uniqExactIf(oonirun_link_id, creator_account_id = {account_id:String}) AS own
FROM oonirun_links`,
    values: { account_id: accountId },
  };
}

export function linkOfRow(row: LinkRow): Link {
  const seconds = (iso: string) => Date.parse(iso) / 1_000;
  const translations = (text: string) =>
    text === '' ? null : (JSON.parse(text) as Readonly<Record<string, string>>);
  return {
    id: row.id,
    creatorAccountId: row.creator_account_id,
    author: row.author,
    name: row.name,
    shortDescription: row.short_description,
    description: row.description,
    nameIntl: translations(row.name_intl),
    shortDescriptionIntl: translations(row.short_description_intl),
    descriptionIntl: translations(row.description_intl),
    icon: row.icon,
    color: row.color,
    dateCreatedS: seconds(row.date_created),
    dateUpdatedS: seconds(row.date_updated),
    expirationS: seconds(row.expiration_date),
    revision: row.revision,
    revisionCreatedS: seconds(row.revision_created),
    nettests: JSON.parse(row.nettests) as readonly Nettest[],
  };
}

/** A row to insert. */
export function linkRow(link: Link, { edit, write_id }: EditMark): string {
  const translations = (texts: object | null) => (texts === null ? '' : JSON.stringify(texts));
  return JSON.stringify({
    oonirun_link_id: link.id,
    edit,
    write_id,
    creator_account_id: link.creatorAccountId,
    author: link.author,
    name: link.name,
    short_description: link.shortDescription,
    description: link.description,
    name_intl: translations(link.nameIntl),
    short_description_intl: translations(link.shortDescriptionIntl),
    description_intl: translations(link.descriptionIntl),
    icon: link.icon,
    color: link.color,
    date_created: tableTime(link.dateCreatedS),
    date_updated: tableTime(link.dateUpdatedS),
    expiration_date: tableTime(link.expirationS),
    revision: link.revision,
    revision_created: tableTime(link.revisionCreatedS),
    nettests: JSON.stringify(link.nettests),
  });
}
