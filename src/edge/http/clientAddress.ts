/**
 * Whose request it is, behind proxies that each add to X-Forwarded-For the address that they saw
 * (protocol, probes 2.5). What a client wrote there itself stands to the left of what our proxies added,
 * so these are counted from the right; and the header counts only where a proxy of ours has sent it.
 *
 * The address is for the answer being made: it is written nowhere.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** The address as text, IPv4 in its own form; empty when there is none. */
export type ClientAddress = (request: IncomingMessage) => string;

export interface TrustedProxies {
  /** Proxies that a request passes on its way to us, the one that connects to us included. */
  readonly count: number;
  /** Addresses or networks (`10.0.0.0/8`) of the proxy that connects to us, where it is not on this host. */
  readonly addresses: readonly string[];
}

export function makeClientAddress({ count, addresses }: TrustedProxies): ClientAddress {
  const trusted = new BlockList();
  for (const text of ['127.0.0.0/8', '::1', ...addresses]) addTo(trusted, text);
  // Nearly always it is the one proxy of this host: asked once, not with each request.
  let last = { peer: '', isTrusted: true };
  const isTrusted = (peer: string): boolean => {
    // Over a Unix socket a peer has no address: only a program of this host can be there.
    if (peer !== last.peer)
      last = { peer, isTrusted: peer === '' || trusted.check(peer, familyOf(peer)) };
    return last.isTrusted;
  };
  return (request) => {
    const peer = plainAddress(request.socket.remoteAddress ?? '');
    if (count === 0 || !isTrusted(peer)) return peer;
    const header = request.headers['x-forwarded-for'];
    const forwarded = (typeof header === 'string' ? header : '')
      .split(',')
      .map((text) => text.trim())
      .filter((text) => text !== '');
    // Fewer than there are proxies: the request came in behind the first of them.
    const found = forwarded.length === 0 ? peer : (forwarded.at(-count) ?? forwarded[0]!);
    const address = plainAddress(found);
    return isIP(address) === 0 ? '' : address;
  };
}

function addTo(list: BlockList, text: string): void {
  const [address, length] = text.split('/');
  if (length === undefined) list.addAddress(address!, familyOf(address!));
  else list.addSubnet(address!, Number(length), familyOf(address!));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/** IPv4 that came over an IPv6 socket in its own form, and no zone. */
function plainAddress(text: string): string {
  if (!text.includes(':')) return text;
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(text)?.[1] ?? text.replace(/%.*$/, '');
}
