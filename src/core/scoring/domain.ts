const LEADING_CONTROL_OR_SPACE = /^[\u0000- ]+/;
const TABS_AND_LINE_BREAKS = /[\t\r\n]/g;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:/;
const NETWORK_LOCATION = /^\/\/([^/?#]*)/;

/**
 * Network location of an input read as a URL, for the `domain` column (protocol, scoring
 * 2): user info, port and case stay. Not `new URL()`, which normalises all three.
 */
export function networkLocation(input: string): string {
  const url = input.replace(LEADING_CONTROL_OR_SPACE, '').replace(TABS_AND_LINE_BREAKS, '');
  const location = NETWORK_LOCATION.exec(url.replace(SCHEME, ''))?.[1] ?? '';
  return location.includes('[') === location.includes(']') ? location : '';
}
