/** Findings: the newest edit of each (protocol, data 5.4). */
import type { Finding } from '../findings/finding.ts';
import type { FindingRow } from '../findings/findingRow.ts';
import { makeConditions } from './conditions.ts';
import type { EditMark, EditTable } from './edits.ts';
import type { Query } from './query.ts';

export const FINDINGS: EditTable = { table: 'findings', key: 'id', keyType: 'String' };

const COLUMNS = `id, edit, write_id, creator_account_id, email_address, create_time, update_time,
  start_time, end_time, title, short_description, slug, reported_by, event_type, published, ASNs, CCs,
  themes, tags, test_names, domains, links`;

/** No page: there are hundreds. More than this many are not answered. */
const MAX_FINDINGS = 10_000;

export interface FindingSearch {
  /** Admins see what is not published; others what is, and their own. */
  readonly seesAll: boolean;
  readonly accountId: string | undefined;
  readonly onlyMine: boolean;
  readonly themes: readonly string[] | undefined;
  readonly ccs: readonly string[] | undefined;
  readonly asns: readonly number[] | undefined;
  readonly domains: readonly string[] | undefined;
}

export function findingSearchQuery(search: FindingSearch): Query {
  const conditions = makeConditions();
  const accountId = search.accountId ?? '';
  const own = "(creator_account_id = {account_id:String} AND creator_account_id != '')";
  if (!search.seesAll) conditions.add(`(published OR ${own})`, { account_id: accountId });
  if (search.onlyMine) conditions.add(own, { account_id: accountId });
  const anyOf = (column: string, type: string, list: readonly (string | number)[] | undefined) => {
    if (list !== undefined)
      conditions.add(`hasAny(${column}, {${column}:Array(${type})})`, {
        [column]: list as readonly string[],
      });
  };
  anyOf('themes', 'String', search.themes);
  anyOf('CCs', 'String', search.ccs);
  anyOf('ASNs', 'UInt32', search.asns);
  anyOf('domains', 'String', search.domains);
  return {
    sql: `SELECT ${COLUMNS}
FROM (
  SELECT ${COLUMNS}
  FROM findings
  ORDER BY id, edit DESC, write_id DESC
  LIMIT 1 BY id
)
WHERE ${conditions.sql}
ORDER BY start_time DESC, create_time DESC, id
LIMIT ${MAX_FINDINGS}`,
    values: conditions.values,
  };
}

export function findingByIdQuery(id: string): Query {
  return {
    sql: `SELECT ${COLUMNS}, text
FROM findings
WHERE id = {id:String}
ORDER BY edit DESC, write_id DESC
LIMIT 1`,
    values: { id },
  };
}

/** Of several with the same slug the one that had it first. */
function findingBySlugQuery(slug: string): Query {
  return {
    sql: `SELECT ${COLUMNS}, text
FROM (
  SELECT ${COLUMNS}, text
  FROM findings
  WHERE id IN (SELECT id FROM findings WHERE slug = {slug:String})
  ORDER BY id, edit DESC, write_id DESC
  LIMIT 1 BY id
)
WHERE slug = {slug:String}
ORDER BY create_time, id
LIMIT 1`,
    values: { slug },
  };
}

/** Whatever a link calls it by: no slug is a number alone. */
export function findingQuery(idOrSlug: string): Query {
  return /^\d+$/.test(idOrSlug) ? findingByIdQuery(idOrSlug) : findingBySlugQuery(idOrSlug);
}

/** Slugs of other findings that begin so. */
export function slugsLikeQuery(beginning: string, exceptId: string): Query {
  return {
    sql: `SELECT DISTINCT slug
FROM (
  SELECT id, edit, write_id, slug
  FROM findings
  WHERE id != {id:String}
  ORDER BY id, edit DESC, write_id DESC
  LIMIT 1 BY id
)
WHERE startsWith(slug, {beginning:String})`,
    values: { beginning, id: exceptId },
  };
}

export function findingOfRow(row: FindingRow & { readonly text: string }): Finding {
  const seconds = (iso: string) => Date.parse(iso) / 1_000;
  return {
    id: row.id,
    creatorAccountId: row.creator_account_id,
    emailAddress: row.email_address,
    createTimeS: seconds(row.create_time),
    updateTimeS: seconds(row.update_time),
    startTimeS: seconds(row.start_time),
    endTimeS: row.end_time === null ? null : seconds(row.end_time),
    title: row.title,
    shortDescription: row.short_description,
    text: row.text,
    slug: row.slug,
    reportedBy: row.reported_by,
    eventType: row.event_type,
    published: row.published,
    asns: row.ASNs,
    ccs: row.CCs,
    themes: row.themes,
    tags: row.tags,
    testNames: row.test_names,
    domains: row.domains,
    links: row.links,
  };
}

/** A row to insert. */
export function findingRow(finding: Finding, { edit, write_id }: EditMark): string {
  return JSON.stringify({
    id: finding.id,
    edit,
    write_id,
    creator_account_id: finding.creatorAccountId,
    email_address: finding.emailAddress,
    create_time: tableTime(finding.createTimeS),
    update_time: tableTime(finding.updateTimeS),
    start_time: tableTime(finding.startTimeS),
    end_time: finding.endTimeS === null ? null : tableTime(finding.endTimeS),
    title: finding.title,
    short_description: finding.shortDescription,
    text: finding.text,
    slug: finding.slug,
    reported_by: finding.reportedBy,
    event_type: finding.eventType,
    published: finding.published,
    ASNs: finding.asns,
    CCs: finding.ccs,
    themes: finding.themes,
    tags: finding.tags,
    test_names: finding.testNames,
    domains: finding.domains,
    links: finding.links,
  });
}

/** `2026-07-11 10:00:00`, as a column of type DateTime64 takes it. */
export function tableTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ');
}
