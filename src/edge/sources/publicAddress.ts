/** Addresses of the public internet. A source, or a redirect of it, must not make us ask our own network. */
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { SourceError } from './sourceError.ts';

/** May this address be connected to? */
export type IsAllowed = (address: string) => boolean;

/** Not public, after IANA's registries of special addresses. */
const IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;
const notPublic4 = new BlockList();
for (const [net, bits] of IPV4) notPublic4.addSubnet(net, bits, 'ipv4');

const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');
/** Within 2000::/3: of protocols, for documentation, and those that carry an IPv4 address. */
const notPublic6 = new BlockList();
for (const [net, bits] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  notPublic6.addSubnet(net, bits, 'ipv6');

/** Networks that reach IPv4 by translation: the address within counts. */
const translated6 = new BlockList();
translated6.addSubnet('64:ff9b::', 96, 'ipv6');

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !notPublic4.check(address, 'ipv4');
  if (isIP(address) !== 6 || address.includes('%')) return false;
  if (translated6.check(address, 'ipv6')) return isPublicAddress(lastFourBytes(address));
  return global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');
}

/** Of an IPv6 address, as IPv4. */
function lastFourBytes(address: string): string {
  // The parser of URLs writes it without dots.
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':');
  // `::` stands for what is not written, so one of the last two groups may be empty.
  const [high, low] = groups.slice(-2).map((group) => Number.parseInt(group || '0', 16)) as [
    number,
    number,
  ];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** Throws SourceError for a host that is written as an address which is not allowed. */
export function checkLiteralHost(hostname: string, allowed: IsAllowed): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !allowed(address)) throw refusal(hostname, [address]);
}

/**
 * Looks up a name for a connection, and gives allowed addresses only: so it is the very address that is
 * connected to which was looked at, whatever the name says the next moment.
 */
export function lookupAllowed(allowed: IsAllowed): LookupFunction {
  return (hostname, options, callback) => {
    dnsLookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error) return callback(error, []);
      const addresses = found.filter(({ address }) => allowed(address));
      const [first] = addresses;
      if (first === undefined) {
        const all = found.map(({ address }) => address);
        return callback(refusal(hostname, all), []);
      }
      if (options.all) return callback(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

function refusal(hostname: string, addresses: readonly string[]): SourceError {
  const written = hostname.replace(/^\[|\]$/g, '');
  const named = addresses.includes(written) ? hostname : `${hostname} (${addresses.join(', ')})`;
  return new SourceError(
    `${named} is not on the public internet; fetch.private_addresses = true allows it`,
  );
}
