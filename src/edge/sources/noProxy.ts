/** Hosts that are asked without the proxy, as the environment's `no_proxy` lists them. */
import { BlockList, isIP } from 'node:net';

/**
 * `list`: separated by commas or blanks. A name stands for itself and all below it, with or without a dot (or `*.`)
 * before it; an address, or a network (`10.0.0.0/8`), for hosts that are written as an address; `*` for all. A port
 * behind it (`[::1]:443`) limits it to that one. What is none of these matches nothing.
 */
export function isWithoutProxy({ hostname, port }: URL, list: string): boolean {
  const host = bare(hostname);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => entry !== '' && matches(entry, host, port || '443'));
}

/** Without brackets, and without the dot that says that a name is whole. */
const bare = (host: string) => host.replace(/^\[|\]$/g, '').replace(/\.$/, '');

function matches(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  // An IPv6 address has a port only behind brackets.
  const [, before, wanted] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? [undefined, entry, port];
  if (wanted !== port) return false;
  const [name, bits] = bare(before!).split('/') as [string, string?];
  const family = isIP(name);
  if (family !== 0) return inNetwork(host, name, family, bits);
  if (isIP(host) !== 0) return false;
  const suffix = name.replace(/^\*?\./, '');
  return suffix !== '' && (host === suffix || host.endsWith(`.${suffix}`));
}

function inNetwork(host: string, net: string, family: number, bits: string | undefined): boolean {
  const most = family === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (isIP(host) !== family || !/^\d*$/.test(bits ?? '') || bits === '' || length > most)
    return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const network = new BlockList();
  network.addSubnet(net, length, type);
  return network.check(host, type);
}
