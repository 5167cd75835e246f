/** Sections of api.toml on what probes are told of other services. */
import { z } from 'zod';
import { MAX_ASN } from '../core/measurement/asNumber.ts';
import { CHECK_IN_NETTESTS } from '../core/nettests/testNames.ts';
import { parseVersion } from '../core/scoring/pep440.ts';
import { absolutePath, count, socketPath } from './common.ts';

const hostName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/, { error: 'a host name' });

/** Probes have always got these without a scheme for some tests: host, host and port, or URL. */
const helperAddress = z.string().regex(/^([a-z]+:\/\/)?[A-Za-z0-9.[\]:-]{1,253}(\/\S*)?$/, {
  error: 'a URL, or a host and port',
});

const weightedAddresses = (byDefault: string[]) =>
  z
    .array(
      z.union(
        [
          helperAddress,
          z.strictObject({ address: helperAddress, weight: z.number().min(0).max(1_000_000) }),
        ],
        { error: 'an address, or { address = "…", weight = 1 }' },
      ),
    )
    .min(1)
    .max(64)
    .default(byDefault);

/** The defaults are those that probes have been given for years (protocol, probes 3.7). */
const service = z.union(
  [
    z.strictObject({ address: z.string().min(1).max(300), type: z.enum(['onion', 'https']) }),
    z.strictObject({
      address: z.string().min(1).max(300),
      type: z.literal('cloudfront'),
      front: hostName,
    }),
  ],
  { error: '{ address = "…", type = "https" or "onion" }, or type = "cloudfront" with a front' },
);

const FRONT = 'dkyhjv0wpi2dk.cloudfront.net';
const HELPER_FRONT = 'd33d1gs9kpq1c5.cloudfront.net';
const ONION = 'httpo://guegdifjy7bjpequ.onion';

/** Where old probes may send measurements (protocol, probes 3.8). */
export const collectors = z
  .array(service)
  .max(16)
  .default([
    { address: ONION, type: 'onion' },
    { address: 'https://ams-pg.ooni.org:443', type: 'https' },
    { address: `https://${FRONT}`, type: 'cloudfront', front: FRONT },
  ]);

/** What the oldest probes are told (protocol, probes 3.9). */
export const bouncerSection = z.strictObject({
  collector: z.string().min(1).max(300).default(ONION),
  collector_alternates: z
    .array(service)
    .max(16)
    .default([
      { address: 'https://ams-pg.ooni.org', type: 'https' },
      { address: `https://${FRONT}`, type: 'cloudfront', front: FRONT },
    ]),
  tcp_echo: helperAddress.default('37.218.241.93'),
  http_return_json_headers: helperAddress.default('http://37.218.241.94:80'),
  web_connectivity: helperAddress.default('httpo://y3zq5fwelrzkkv3s.onion'),
  web_connectivity_alternates: z
    .array(service)
    .max(16)
    .default([
      { address: 'https://wcth.ooni.io', type: 'https' },
      { address: `https://${HELPER_FRONT}`, type: 'cloudfront', front: HELPER_FRONT },
    ]),
});

export const testHelpersSection = z.strictObject({
  dns: weightedAddresses(['37.218.241.93:57004']),
  http_return_json_headers: weightedAddresses(['http://206.81.31.205:80']),
  ssl: weightedAddresses(['https://37.218.241.93']),
  tcp_echo: weightedAddresses(['134.209.237.204']),
  traceroute: weightedAddresses(['37.218.241.93']),
  web_connectivity: weightedAddresses([
    'https://wcth0.fra1.ooni.org',
    'https://wcth1.fra1.ooni.org',
    'https://wcth2.fra1.ooni.org',
    'https://wcth0.fra1.prod.ooni.io',
    'https://wcth1.fra1.prod.ooni.io',
    'https://wcth2.fra1.prod.ooni.io',
  ]),
  web_connectivity_fronts: z.array(hostName).max(16).default([HELPER_FRONT]),
  /** How often they are asked whether they answer, for the metrics; 0: never. */
  watch_every_ms: count(0, 86_400_000, 300_000),
});

/** Files with what probes' tools are configured with; each is optional, and followed while we run. */
export const toolConfigsSection = z.strictObject({
  tor_targets_file: absolutePath.optional(),
  psiphon_config_file: absolutePath.optional(),
  riseupvpn_file: absolutePath.optional(),
  /** Whether a probe must have logged in for the first two. */
  require_token: z.boolean().default(false),
});

const testName = z.string().regex(/^[a-z][a-z0-9_]{1,29}$/, { error: 'the name of a test' });
const featureName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, { error: 'the name of a feature' });
const softwareVersion = z
  .string()
  .refine((text) => parseVersion(text) !== undefined, { error: 'a version, such as 3.28.0' });

/** What check-in tells a probe beside its list (protocol, probes 3.5). */
export const checkInSection = z.strictObject({
  nettests: z
    .array(testName)
    .max(64)
    .default([...CHECK_IN_NETTESTS]),
  features_on: z.array(featureName).max(100).default(['webconnectivity_0.5']),
  features_off: z
    .array(featureName)
    .max(100)
    .default(['torsf_enabled', 'vanilla_tor_enabled', 'openvpn_enabled']),
  feature_rules: z
    .array(
      z.strictObject({
        feature: featureName,
        value: z.boolean(),
        share: z.number().min(0).max(1).default(1),
        countries: z
          .array(z.string().regex(/^[A-Z]{2}$/, { error: 'a country: two capitals' }))
          .max(300)
          .default([]),
        asns: z.array(z.int().min(1).max(MAX_ASN)).max(10_000).default([]),
        software_names: z.array(z.string().max(100)).max(100).default([]),
        min_software_version: softwareVersion.optional(),
        max_software_version: softwareVersion.optional(),
      }),
    )
    .max(100)
    .default([]),
});

/** Anonymous credentials; without a manifest there are none, and clients go on without. */
export const credentialsSection = z.strictObject({
  manifest_file: absolutePath.optional(),
  verifier_socket: socketPath.default('/run/ooni/credential-verifier.sock'),
  timeout_ms: count(50, 20_000, 2_000),
  minimum_protocol_version: z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9}){0,7}$/, { error: 'a version of numbers, like "0.1.0"' })
    .default('0.1.0'),
  /** What clients are told that the verifier is made of. */
  library_version: z.string().max(100).default('0.3.3'),
});
