/** Writes small GeoIP databases in MaxMind's format (maxmind.github.io/MaxMind-DB, version 2.0). */
import { isIPv4 } from 'node:net';

export interface Network {
  /** `192.0.2.0/24` or `2001:db8::/32`. */
  readonly network: string;
  readonly record: Readonly<Record<string, unknown>>;
}

/** As the databases that are published for this backend have it. */
export function place(cc?: string, asn?: number, name?: string): Network['record'] {
  return {
    ...(cc === undefined ? {} : { country: { iso_code: cc } }),
    ...(asn === undefined ? {} : { autonomous_system_number: asn }),
    ...(name === undefined ? {} : { autonomous_system_organization: name }),
  };
}

type Node = [Branch, Branch];
type Branch = Node | { readonly record: number } | undefined;

export function mmdb(networks: readonly Network[], builtSeconds = 1_780_000_000): Buffer {
  const root: Node = [undefined, undefined];
  const data: Buffer[] = [];
  let dataLength = 0;
  for (const { network, record } of networks) {
    const [address, length] = network.split('/') as [string, string];
    const bits = bitsOf(address).slice(0, Number(length) + (isIPv4(address) ? 96 : 0));
    let node = root;
    for (const bit of bits.slice(0, -1)) {
      const next = node[bit] ?? [undefined, undefined];
      if (!Array.isArray(next)) throw new Error(`${network} lies in another one`);
      node[bit] = next;
      node = next;
    }
    node[bits.at(-1)!] = { record: dataLength };
    const encoded = encode(record);
    data.push(encoded);
    dataLength += encoded.length;
  }
  const nodes: Node[] = [];
  const collect = (node: Node) => {
    nodes.push(node);
    for (const branch of node) if (Array.isArray(branch)) collect(branch);
  };
  collect(root);
  const numbers = new Map(nodes.map((node, number) => [node, number]));
  const tree = Buffer.alloc(nodes.length * 8);
  nodes.forEach((node, number) => {
    node.forEach((branch, side) => {
      const value =
        branch === undefined
          ? nodes.length
          : Array.isArray(branch)
            ? numbers.get(branch)!
            : nodes.length + 16 + branch.record;
      tree.writeUInt32BE(value, number * 8 + side * 4);
    });
  });
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: builtSeconds,
    database_type: 'Test',
    description: { en: 'made by a test' },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 32,
  });
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('abcdef4d61784d696e642e636f6d', 'hex'),
    metadata,
  ]);
}

/** 128 bits; IPv4 is the first 32 of those that begin with 96 zeros. */
function bitsOf(address: string): (0 | 1)[] {
  const groups = isIPv4(address)
    ? [...Array(12).fill(0), ...address.split('.').map(Number)]
    : bytesOfIPv6(address);
  return groups.flatMap((byte) =>
    [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => ((byte >> shift) & 1) as 0 | 1),
  );
}

function bytesOfIPv6(address: string): number[] {
  const [left = '', right] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(left);
  const after = right === undefined ? [] : groups(right);
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function encode(value: unknown): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return Buffer.concat([control(2, bytes.length), bytes]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), bytes]);
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const entries = Object.entries(value as object);
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([key, member]) => [encode(key), encode(member)]),
  ]);
}

function control(type: number, size: number): Buffer {
  const sizeBits = size < 29 ? size : 29;
  const head = type > 7 ? [sizeBits, type - 7] : [(type << 5) | sizeBits];
  return Buffer.from(size < 29 ? head : [...head, size - 29]);
}
