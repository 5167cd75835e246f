/** Where a login may lead: pages of our own, or the mail would be a way to send people anywhere. */

const MAX_CHARACTERS = 2_000;

/**
 * `https://host` of a known host, without port or user, and what may follow in plain characters: what
 * two parsers could read in two ways is refused.
 */
export function isRedirect(text: string, hosts: readonly string[]): boolean {
  if (text.length > MAX_CHARACTERS) return false;
  const match = /^https:\/\/([a-z0-9.-]+)(?:[/?#][!-[\]-~]*)?$/.exec(text);
  return match !== null && hosts.includes(match[1]!);
}

/** The page that takes the token of a login mail. `redirectTo` was checked. */
export function loginLink(redirectTo: string, token: string): string {
  return `https://${new URL(redirectTo).host}/login?token=${token}`;
}
