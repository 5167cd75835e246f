/** Findings as they are answered (protocol, data 5.4). */
import type { Session } from '../accounts/roles.ts';
import { withMicroseconds } from '../time/datetime.ts';
import type { FindingRow } from './findingRow.ts';
import { isOwn } from './findingRules.ts';

/** One of a list; whoever is no admin does not learn its author's address. */
export function findingEntry(row: FindingRow, session: Session | undefined) {
  return {
    id: row.id,
    email_address: session?.role === 'admin' ? row.email_address : '',
    title: row.title,
    short_description: row.short_description,
    slug: row.slug,
    start_time: withMicroseconds(row.start_time),
    create_time: withMicroseconds(row.create_time),
    update_time: withMicroseconds(row.update_time),
    end_time: row.end_time === null ? null : withMicroseconds(row.end_time),
    reported_by: row.reported_by,
    creator_account_id: '',
    published: row.published,
    event_type: row.event_type,
    ASNs: row.ASNs,
    CCs: row.CCs,
    themes: row.themes,
    tags: row.tags,
    test_names: row.test_names,
    domains: row.domains,
    links: row.links,
    mine: isOwn({ creatorAccountId: row.creator_account_id }, session),
  };
}

export function wholeFinding(row: FindingRow & { readonly text: string }, session?: Session) {
  const { mine, ...entry } = findingEntry(row, session);
  return { ...entry, text: row.text, mine };
}
