/**
 * Test helpers, in the order in which a probe is to try them (protocol, probes 3.7 and 4.10): at random
 * by weight, so that the first place, which gets nearly all of the load, is shared as configured; those
 * behind a content delivery network come last.
 */

export interface TestHelper {
  readonly address: string;
  readonly type: 'legacy' | 'https' | 'cloudfront';
  /** Of type `cloudfront`: the name that a client connects to. */
  readonly front?: string;
}

/** Wire names, in the order of the answer. */
export const TEST_HELPER_NAMES = [
  'dns',
  'http-return-json-headers',
  'ssl',
  'tcp-echo',
  'traceroute',
  'web-connectivity',
] as const;
export type TestHelperName = (typeof TEST_HELPER_NAMES)[number];

export type TestHelpers = Readonly<Record<TestHelperName, readonly TestHelper[]>>;

/** An address, or one with its share of the load; 1 where none is said. Weight 0: after all others. */
export type WeightedAddress = string | { readonly address: string; readonly weight: number };

/** The section `test_helpers` of the configuration. */
export interface TestHelperConfig {
  readonly dns: readonly WeightedAddress[];
  readonly http_return_json_headers: readonly WeightedAddress[];
  readonly ssl: readonly WeightedAddress[];
  readonly tcp_echo: readonly WeightedAddress[];
  readonly traceroute: readonly WeightedAddress[];
  readonly web_connectivity: readonly WeightedAddress[];
  /** Host names at a content delivery network. */
  readonly web_connectivity_fronts: readonly string[];
}

/** `random`: uniform in [0, 1). */
export function testHelpers(config: TestHelperConfig, random: () => number): TestHelpers {
  const inOrder = (addresses: readonly WeightedAddress[], type: TestHelper['type']) =>
    shuffled(addresses, random).map((address) => ({ address, type }));
  return {
    dns: inOrder(config.dns, 'legacy'),
    'http-return-json-headers': inOrder(config.http_return_json_headers, 'legacy'),
    ssl: inOrder(config.ssl, 'legacy'),
    'tcp-echo': inOrder(config.tcp_echo, 'legacy'),
    traceroute: inOrder(config.traceroute, 'legacy'),
    'web-connectivity': [
      ...inOrder(config.web_connectivity, 'https'),
      ...shuffled(config.web_connectivity_fronts, random).map((front) => ({
        address: `https://${front}`,
        type: 'cloudfront' as const,
        front,
      })),
    ],
  };
}

/** How it is found out whether a helper works. */
export interface WatchedHelper {
  readonly name: TestHelperName;
  readonly address: string;
  readonly ask:
    | { readonly kind: 'http'; readonly url: string }
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
}

/** A client takes this one where an address says none. */
const DEFAULT_PORT = 80;

/**
 * The helpers whose silence costs measurements: of the tests that today's clients run, as those clients
 * reach them. One of weight 0 is on its way out of use, and may be silent.
 */
export function watchedHelpers(config: TestHelperConfig): WatchedHelper[] {
  const inUse = (addresses: readonly WeightedAddress[]) =>
    addresses.flatMap((entry) =>
      typeof entry === 'string' ? [entry] : entry.weight === 0 ? [] : [entry.address],
    );
  const plain = (name: TestHelperName, addresses: readonly WeightedAddress[]) =>
    inUse(addresses).flatMap((address): WatchedHelper[] => {
      const text = address.includes('://') ? address : `tcp://${address}`;
      // Probes may make something of it all the same.
      if (!URL.canParse(text)) return [];
      const url = new URL(text);
      const port = Number(url.port || (url.protocol === 'https:' ? 443 : DEFAULT_PORT));
      // Of an IPv6 address without its brackets.
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
      return [{ name, address, ask: { kind: 'tcp', host, port } }];
    });
  return [
    ...plain('http-return-json-headers', config.http_return_json_headers),
    ...plain('tcp-echo', config.tcp_echo),
    ...[
      ...inUse(config.web_connectivity),
      ...config.web_connectivity_fronts.map((front) => `https://${front}`),
    ].map((address): WatchedHelper => {
      const url = address.includes('://') ? address : `https://${address}`;
      return { name: 'web-connectivity', address, ask: { kind: 'http', url } };
    }),
  ];
}

/**
 * A random order in which each address is first as often as its weight says (Efraimidis and Spirakis,
 * 2006): each draws a time with its weight as the rate, and the earliest comes first.
 */
function shuffled(addresses: readonly WeightedAddress[], random: () => number): string[] {
  return addresses
    .map((entry) => {
      const { address, weight } = typeof entry === 'string' ? { address: entry, weight: 1 } : entry;
      const draw = -Math.log(1 - random());
      return { address, draw, time: weight === 0 ? Number.POSITIVE_INFINITY : draw / weight };
    })
    .sort((a, b) => (a.time === b.time ? a.draw - b.draw : a.time - b.time))
    .map(({ address }) => address);
}
