/**
 * Asks requests of the data API on a real engine and compares the answers:
 * `node --import=tsx test/conformance/data.ts [name prefix]`.
 *
 * The project's own sample, worked out by hand, is always there. The golden cases, whose answers the
 * ancestor gave, are no part of this project: they are read from `$OONI_SHARED/golden/data`, by default
 * `../shared/golden/data` beside it, when they are there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startClickHouse } from '../support/clickhouse.ts';
import { type DataCase, type DataSet, runDataSet, sampleSet } from './dataCases.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SHARED = path.resolve(process.env.OONI_SHARED ?? path.join(ROOT, '../shared'));
const GOLDEN = path.join(SHARED, 'golden/data');

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as unknown;

function golden(): DataSet {
  const folder = path.join(GOLDEN, 'visible');
  return {
    database: 'ooni_golden',
    tables: path.join(GOLDEN, 'tables'),
    cases: readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => read(path.join(folder, name)) as DataCase),
  };
}

async function main(prefix = ''): Promise<number> {
  const clickhouse = await startClickHouse();
  let failures = 0;
  const run = async (what: string, { cases, ...set }: DataSet) => {
    const wanted = cases.filter(({ name }) => name.startsWith(prefix));
    const outcome = await runDataSet(clickhouse.url, { ...set, cases: wanted }, console.log);
    const { passed, failed, leftOut } = outcome;
    failures += failed;
    console.log(
      `${what}: ${passed} passed, ${failed} failed, ${leftOut} of endpoints that are not built left out`,
    );
  };
  try {
    await run('own sample', sampleSet());
    if (existsSync(GOLDEN)) await run('golden requests', golden());
    else console.log(`golden requests: none at ${GOLDEN} (OONI_SHARED says where)`);
  } finally {
    await clickhouse.stop();
  }
  return failures === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
