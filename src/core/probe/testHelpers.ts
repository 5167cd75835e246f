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

/** A row of them, in an order that is drawn anew each time. `random`: uniform in [0, 1). */
type Draw<Made> = (random: () => number) => readonly Made[];

/** What `make` makes of each helper, once; then only the order is drawn. */
function drawsOf<Made>(
  config: TestHelperConfig,
  make: (helper: TestHelper) => Made,
): Readonly<Record<TestHelperName, Draw<Made>>> {
  const anyOrder = (addresses: readonly WeightedAddress[], type: TestHelper['type']) =>
    drawBy(addresses, (address) => make({ address, type }));
  const direct = anyOrder(config.web_connectivity, 'https');
  const fronted = drawBy(config.web_connectivity_fronts, (front) =>
    make({ address: `https://${front}`, type: 'cloudfront', front }),
  );
  return {
    dns: anyOrder(config.dns, 'legacy'),
    'http-return-json-headers': anyOrder(config.http_return_json_headers, 'legacy'),
    ssl: anyOrder(config.ssl, 'legacy'),
    'tcp-echo': anyOrder(config.tcp_echo, 'legacy'),
    traceroute: anyOrder(config.traceroute, 'legacy'),
    'web-connectivity': (random) => [...direct(random), ...fronted(random)],
  };
}

/**
 * All of them as JSON, by name, in an order that is drawn anew for each answer. `asSent`: a helper as the
 * answer has it. `random`: uniform in [0, 1).
 */
export function testHelperTexts(
  config: TestHelperConfig,
  asSent: (helper: TestHelper) => object = (helper) => helper,
): (random: () => number) => string {
  const draws = drawsOf(config, (helper) => JSON.stringify(asSent(helper)));
  return (random) =>
    `{${TEST_HELPER_NAMES.map((name) => `"${name}":[${draws[name](random).join(',')}]`).join(',')}}`;
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
function drawBy<Made>(
  addresses: readonly WeightedAddress[],
  make: (address: string) => Made,
): Draw<Made> {
  const items = addresses.map((entry) => {
    const { address, weight } = typeof entry === 'string' ? { address: entry, weight: 1 } : entry;
    return { made: make(address), weight };
  });
  if (items.length < 2) {
    const only = items.map(({ made }) => made);
    return () => only;
  }
  return (random) =>
    items
      .map(({ made, weight }) => {
        const draw = -Math.log(1 - random());
        return { made, draw, time: weight === 0 ? Number.POSITIVE_INFINITY : draw / weight };
      })
      .sort((a, b) => (a.time === b.time ? a.draw - b.draw : a.time - b.time))
      .map(({ made }) => made);
}
