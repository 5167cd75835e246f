/** Places of addresses that somebody asks for, and sends: nothing of it is kept (protocol, probes 3.16). */
import { member } from '../json/jsonValue.ts';
import type { ParseResult } from '../json/parseJson.ts';
import { memberIssue, objectBody } from '../validation/bodyIssues.ts';
import { echo, type Issue } from '../validation/issues.ts';
import type { Locate } from './location.ts';

export type Geolookup =
  | { readonly kind: 'ok'; readonly answer: object }
  | { readonly kind: 'invalid'; readonly issues: readonly Issue[] };

export const MAX_LOOKUPS = 100;

export function geolookup(body: ParseResult, locate: Locate): Geolookup {
  const checked = objectBody(body);
  if (checked.kind === 'invalid') return checked;
  const loc = ['body', 'addresses'];
  const addresses = member(checked.object, 'addresses');
  if (!Array.isArray(addresses))
    return { kind: 'invalid', issues: [memberIssue(loc, addresses, 'list')] };
  if (addresses.length > MAX_LOOKUPS) {
    const msg = `List should have at most ${MAX_LOOKUPS} items, not ${addresses.length}`;
    return { kind: 'invalid', issues: [{ type: 'too_long', loc, msg }] };
  }
  const normal = addresses.map(normalAddress);
  const issues = normal.flatMap((address, at) =>
    address === undefined
      ? [
          {
            type: 'ip_any_address',
            loc: [...loc, at],
            msg: 'value is not a valid IPv4 or IPv6 address',
            ...echo(addresses[at]),
          },
        ]
      : [],
  );
  if (issues.length > 0) return { kind: 'invalid', issues };
  const geolocation = (normal as string[]).map((address) => {
    const { cc, asn, networkName } = locate(address);
    return [address, { cc, asn: asn === 0 ? null : asn, as_name: networkName }] as const;
  });
  return { kind: 'ok', answer: { v: 1, geolocation: Object.fromEntries(geolocation) } };
}

/** IPv4 as four numbers, IPv6 compressed in small letters (RFC 5952); undefined for anything else. */
export function normalAddress(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/.test(value)) return value;
  const url = `http://[${value}]/`;
  if (!/^[0-9A-Fa-f:.]{2,45}$/.test(value) || !URL.canParse(url)) return undefined;
  return new URL(url).hostname.slice(1, -1);
}
