import { scoreFacebookMessenger } from '../../../../src/core/scoring/nettests/facebook_messenger.ts';
import { checkNettest } from '../table.ts';

const names = (...stems: string[]) => stems.map((stem) => `facebook_${stem}`);
const all = (keys: readonly string[], value: unknown) =>
  Object.fromEntries(keys.map((key) => [key, value]));

const CDNS = names(
  'external_cdn_dns_consistent',
  'external_cdn_reachable',
  'scontent_cdn_dns_consistent',
  'scontent_cdn_reachable',
);
const OTHERS = names(
  'b_api_dns_consistent',
  'b_api_reachable',
  'b_graph_dns_consistent',
  'b_graph_reachable',
  'edge_dns_consistent',
  'edge_reachable',
  'star_dns_consistent',
  'star_reachable',
  'stun_dns_consistent',
);
const FALSE_ALARM = {
  ...all(OTHERS, true),
  facebook_dns_blocking: true,
  facebook_tcp_blocking: false,
};

checkNettest(scoreFacebookMessenger, [
  { name: 'nothing' },
  { name: 'all is well', testKeys: { ...all(OTHERS, true), facebook_dns_blocking: false } },
  ...[...CDNS, ...OTHERS].map((key) => ({
    name: key,
    testKeys: { [key]: false },
    scores: { blocking_general: 0.5, [key]: false },
  })),
  ...names('tcp_blocking', 'dns_blocking').map((key) => ({
    name: key,
    testKeys: { [key]: true },
    scores: { blocking_general: 0.5, [key]: true },
  })),
  {
    name: 'they add up',
    testKeys: {
      facebook_edge_reachable: false,
      facebook_star_reachable: false,
      facebook_tcp_blocking: true,
    },
    scores: {
      blocking_general: 1.5,
      facebook_edge_reachable: false,
      facebook_star_reachable: false,
      facebook_tcp_blocking: true,
    },
  },
  { name: 'false alarm', testKeys: { ...FALSE_ALARM, ...all(CDNS, false) } },
  {
    name: 'no false alarm without the explicit false',
    testKeys: { ...FALSE_ALARM, facebook_tcp_blocking: null },
    scores: { blocking_general: 0.5, facebook_dns_blocking: true },
  },
  {
    name: 'other values',
    testKeys: { ...all(OTHERS, 0), facebook_tcp_blocking: 1, facebook_stun_reachable: false },
  },
  { name: 'odd test keys', testKeys: 'x', malformed: 'test_keys' },
]);
