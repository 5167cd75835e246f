/** What probes are told of helpers, tools and places, and the tokens that they ask for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  parsePsiphonConfig,
  parseTorTargets,
  parseVpnProvider,
} from '../../core/probe/toolConfigs.ts';
import { makeSignedTokens } from '../../edge/tokens/signedTokens.ts';
import { type FollowedFile, followFile } from '../followed/file.ts';
import { makeJsonBodies } from '../jsonBodies.ts';
import { ownTokenKey } from '../ownTokenKey.ts';
import type { FamilyGroup } from '../routeFamily.ts';
import { oldPageRoutes } from '../routes/oldPages.ts';
import { bouncerRoutes } from '../routes/probe/bouncer.ts';
import { geolookupRoute } from '../routes/probe/geolookup.ts';
import { testHelperRoute } from '../routes/probe/testHelpers.ts';
import { tokenRoutes } from '../routes/probe/tokens.ts';
import { toolConfigRoutes, VPN_PROVIDER } from '../routes/probe/toolConfigs.ts';
import type { SharedParts } from './sharedParts.ts';

/** The largest of them has some hundred bridges. */
const MAX_TOOL_CONFIG_BYTES = 4_194_304;
const FIRST_READ_MS = 2_000;

export async function openHelpers(shared: SharedParts): Promise<FamilyGroup> {
  const { config, geoip, requests, random, metrics, log, followLog } = shared;
  const bodies = makeJsonBodies(config.min_body_bytes_per_second);
  const tokens = makeSignedTokens(
    shared.probeTokenKeys ?? (await ownTokenKey(config.state_dir, log)),
  );
  const { nowMs } = requests;
  const { tool_configs } = config;
  const opened: FollowedFile<unknown>[] = [];
  /** Follows a file that is configured. */
  const current = <Value>(
    name: string,
    path: string | undefined,
    parse: (bytes: Buffer) => Value,
    entriesOf: (value: Value) => number,
  ): (() => Value | undefined) => {
    if (path === undefined) return () => undefined;
    const file = followFile({
      name,
      path,
      maxBytes: MAX_TOOL_CONFIG_BYTES,
      parse,
      describe: (value) => ({ entries: entriesOf(value) }),
      advice: `probes that ask for them get 503; mend the file, or take its key out of [tool_configs]`,
      log: followLog,
    });
    opened.push(file);
    return () => file.value;
  };
  const families = [
    testHelperRoute({ config: config.test_helpers, random }),
    bouncerRoutes({ collectors: config.collectors, bouncer: config.bouncer, bodies }),
    tokenRoutes({ tokens, bodies, nowMs, metrics }),
    toolConfigRoutes({
      torTargets: current(
        'tor targets',
        tool_configs.tor_targets_file,
        parseTorTargets,
        ({ entries }) => entries,
      ),
      psiphonConfig: current(
        'settings of psiphon',
        tool_configs.psiphon_config_file,
        parsePsiphonConfig,
        ({ entries }) => entries,
      ),
      vpnProvider: current(
        'settings of riseupvpn',
        tool_configs.riseupvpn_file,
        (bytes) => parseVpnProvider(bytes, VPN_PROVIDER),
        ({ endpoints }) => endpoints.length,
      ),
      tokens,
      requireToken: tool_configs.require_token,
      nowMs,
      random: Math.random,
    }),
    geolookupRoute({ locate: geoip.locate, bodies }),
    oldPageRoutes({ explorerUrl: config.explorer_url.replace(/\/+$/, '') }),
  ];
  // So that a restart tells no probe that there is nothing; what is damaged is not waited for.
  const firstReads = Promise.all([geoip.loaded, ...opened.map(({ loaded }) => loaded)]);
  await Promise.race([firstReads, sleep(FIRST_READ_MS, undefined, { ref: false })]);
  return {
    families,
    async close() {
      for (const file of opened) file.close();
    },
  };
}
