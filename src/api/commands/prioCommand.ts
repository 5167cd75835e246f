/**
 * `ooni-api prio show`: the list that a probe would get now, and why. The same code as in the server, on what
 * ClickHouse has; while that is away on what the server has kept on disk, which is what it answers from then.
 */
import { type ApiConfig, apiSchema } from '../../config/api.ts';
import { loadConfig } from '../../config/load.ts';
import { formatAsn, parseLooseAsn } from '../../core/measurement/asNumber.ts';
import { readCategories } from '../../core/prioritisation/categories.ts';
import { explained } from '../../core/prioritisation/explain.ts';
import { type Known, makePicker } from '../../core/prioritisation/picker.ts';
import { seededRandom } from '../../core/prioritisation/random.ts';
import { pick } from '../../core/prioritisation/ranking.ts';
import { GLOBAL_CC } from '../../core/prioritisation/rules.ts';
import { MAX_URLS, readCountry } from '../../core/probe/checkIn.ts';
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import { readCounters, readRules, readTestList } from '../../edge/clickhouse/prioritisation.ts';
import { errorText, type Log, openLog } from '../../log/log.ts';
import { type AddCommand, FatalError } from '../../program/cli.ts';
import { clickHouseOf } from '../../program/clickhouse.ts';
import { EXIT } from '../../program/exitCodes.ts';
import { COUNTERS } from '../followed/counters.ts';
import { type Keeping, keptIn } from '../followed/followedParts.ts';
import { RULES } from '../followed/rules.ts';
import { ALONE } from '../followed/sharing.ts';
import { TEST_LIST } from '../followed/testList.ts';
import { serve } from './serveCommand.ts';

export interface PrioArguments {
  readonly config: string;
  readonly cc: string;
  readonly asn: string;
  readonly categories: string | undefined;
  readonly limit: number;
  readonly seed: number | undefined;
  readonly fromDisk: boolean;
}

const LIMIT = 100;

export const addPrio: AddCommand = (cli, exit) =>
  cli.command(
    'prio <action>',
    'the list of URLs that a probe would get, and why',
    (command) =>
      command
        .positional('action', { choices: ['show'] as const, demandOption: true })
        .option('cc', { type: 'string', default: GLOBAL_CC, describe: 'country of the probe' })
        .option('asn', { type: 'string', default: '0', describe: 'its network; 0: not known' })
        .option('categories', { type: 'string', describe: 'category codes, with commas' })
        .option('limit', { type: 'number', default: LIMIT, describe: 'URLs at most' })
        .option('seed', { type: 'number', describe: 'shuffles equal weights as the last time' })
        .option('from-disk', {
          type: 'boolean',
          default: false,
          describe: 'from what the server has kept, not from ClickHouse',
        }),
    async (args) => exit(args.checkConfig ? await serve(args) : await runPrio(args)),
  );

/** Throws FatalError for a country, network or limit that is none. */
export async function runPrio(
  args: PrioArguments,
  write: (text: string) => void = (text) => process.stdout.write(text),
): Promise<number> {
  const cc = readCountry(args.cc) ?? GLOBAL_CC;
  if (cc === GLOBAL_CC && !/^(ZZ|XX)$/i.test(args.cc))
    throw new FatalError(`--cc: expected two letters, found ${args.cc}`, EXIT.usage);
  const asn = parseLooseAsn(args.asn);
  if (asn === undefined)
    throw new FatalError(`--asn: expected an AS number, found ${args.asn}`, EXIT.usage);
  const { limit } = args;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_URLS)
    throw new FatalError(`--limit: expected 1 to ${MAX_URLS}`, EXIT.usage);

  const config = loadConfig(args.config, apiSchema);
  const { known, from } = await read(config, args);
  const picker = makePicker(known);
  const wanted = { categories: readCategories(args.categories), limit };
  const random = args.seed === undefined ? Math.random : seededRandom(args.seed);
  const ranking = picker.rankingOf({ cc, asn });
  write(
    `${cc} ${formatAsn(asn)}: ${ranking.list.entries.length} entries, ${ranking.order.length} of them above 0 by ${ranking.list.rules.length} rules; ${from}\n`,
  );
  if (known.rules === undefined) write('the rules were never read: these are the default ones\n');
  if (known.counters === undefined) write('nothing is known of what was measured\n');
  if (ranking.order.length > 0) {
    const places = pick(ranking, wanted, random);
    write(`${explained(ranking, places).join('\n')}\n`);
    return EXIT.ok;
  }
  const { source, texts } = picker.pick({ cc, asn }, wanted, random);
  write(
    source === 'sample'
      ? 'nothing can be prioritised: a random sample of the list for all countries\n'
      : 'no test list was ever read: a random sample of the list of the package\n',
  );
  for (const text of texts) write(`${text}\n`);
  return EXIT.ok;
}

async function read(
  config: ApiConfig,
  { config: configFile, fromDisk }: PrioArguments,
): Promise<{ readonly known: Known; readonly from: string }> {
  const log = openLog('warning');
  if (!fromDisk) {
    const client = clickHouseOf(config.clickhouse, configFile, 'ooni-api');
    try {
      return { known: await readDatabase(client), from: 'from ClickHouse' };
    } catch (error) {
      log.warning('ClickHouse does not answer: this is from what the server has kept on disk', {
        clickhouse: config.clickhouse.url,
        error: errorText(error),
      });
    } finally {
      await client.close();
    }
  }
  return readDisk(config.state_dir, log);
}

async function readDatabase(client: ClickHouseClient): Promise<Known> {
  const [testList, rules, counters] = await Promise.all([
    readTestList(client),
    readRules(client),
    readCounters(client, Date.now()),
  ]);
  // As the server takes them: what is empty was lost.
  return {
    testList: testList.length === 0 ? undefined : testList,
    rules: rules.isEmpty ? undefined : rules.live,
    counters,
  };
}

function readDisk(stateDir: string, log: Log): { readonly known: Known; readonly from: string } {
  const kept = <Value>(value: Keeping<Value>) =>
    keptIn({ stateDir, sharing: ALONE, onKept() {}, log }, value).read();
  const testList = kept(TEST_LIST);
  const known = {
    testList: testList?.value,
    rules: kept(RULES)?.value,
    counters: kept(COUNTERS)?.value,
  };
  const from =
    testList === undefined
      ? `nothing in ${stateDir}`
      : `from ${stateDir}, read from ClickHouse at ${new Date(testList.loadedAtMs).toISOString()}`;
  return { known, from };
}
