/** Links as they are answered: the app needs every member (protocol, data 6.1). */
import type { Link } from './link.ts';

export function linkAnswer(link: Link, accountId: string | undefined, nowS: number) {
  return {
    oonirun_link_id: link.id,
    date_created: isoTime(link.dateCreatedS),
    date_updated: isoTime(link.dateUpdatedS),
    revision: String(link.revision),
    is_mine: accountId !== undefined && link.creatorAccountId === accountId,
    is_expired: link.expirationS <= nowS,
    name: link.name,
    short_description: link.shortDescription,
    description: link.description,
    author: link.author,
    nettests: link.nettests,
    name_intl: link.nameIntl,
    short_description_intl: link.shortDescriptionIntl,
    description_intl: link.descriptionIntl,
    icon: link.icon,
    color: link.color,
    expiration_date: isoTime(link.expirationS),
  };
}

/** `2026-07-11T10:00:00.000000Z`. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(/\d{3}Z$/, '000000Z');
}
