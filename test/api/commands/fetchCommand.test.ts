/** Covers src/api/commands/fetchCommand.ts where ClickHouse is away; with it: test/edge/clickhouse/sourceTables.test.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type FetchArguments, runFetch } from '../../../src/api/commands/fetchCommand.ts';
import { mmdb, place } from '../../support/mmdb.ts';

const dir = t.testdir({ sources: {}, geoip: {} });
const config = join(dir, 'api.toml');
writeFileSync(
  config,
  `collector_id = "7"
base_url = "https://api.example.org"
sources_dir = "${dir}/sources"
[fetch]
geoip = ["${dir}/nowhere", "${dir}/geoip"]
[clickhouse]
url = "http://127.0.0.1:1"
[s3]
bucket = "file://${dir}"
`,
);

async function fetched(changed: Partial<FetchArguments>) {
  let output = '';
  const collect = (text: string | Uint8Array) => {
    output += text;
    return true;
  };
  const { write: out } = process.stdout;
  const { write: err } = process.stderr;
  process.stdout.write = collect;
  process.stderr.write = collect;
  const none = { list: false, dryRun: false, back: false, acceptShrink: false, again: false };
  try {
    const code = await runFetch({ config, jobs: [], ...none, ...changed }, {});
    return { code, output };
  } finally {
    process.stdout.write = out;
    process.stderr.write = err;
  }
}
const putGeoip = (asn: number) =>
  writeFileSync(
    join(dir, 'geoip/x.mmdb'),
    mmdb([{ network: '8.8.8.0/24', record: place('US', asn, 'x') }]),
  );

t.test('a job that ClickHouse is away for keeps no other from its turn', async (t) => {
  putGeoip(1);
  const { code, output } = await fetched({ jobs: ['fingerprints', 'geoip', 'geoip'] });
  t.equal(code, 69);
  const lines = output.trim().split('\n');
  t.match(lines, [
    /^err: fingerprints: ClickHouse did not take it, what is there stays.*ECONNREFUSED/,
    /^warning: geoip: .*nowhere/,
    /^geoip: put in place: geoip.mmdb: \d+ bytes /,
  ]);
  t.equal(lines.length, 3);
});

t.test('what is known without ClickHouse is listed all the same', async (t) => {
  const { code, output } = await fetched({ list: true });
  t.equal(code, 69);
  t.match(
    output,
    /^fingerprints: last success on this host: never\nfingerprints: cannot tell what is/,
  );
  t.match(
    output,
    /\ngeoip: last success on this host: 20.*Z\n {2}in use: since .* from \/.*geoip\n/,
  );
});

t.test('to and fro between two files', async (t) => {
  putGeoip(2);
  t.match(await fetched({ jobs: ['geoip'], dryRun: true }), {
    code: 0,
    output: /from .*geoip\ngeoip.mmdb: \d+ bytes\n$/,
  });
  t.match(await fetched({ jobs: ['geoip'], back: true }), {
    code: 69,
    output: /no former content/,
  });
  t.match(await fetched({ jobs: ['geoip'] }), { code: 0, output: /put in place/ });
  t.match(await fetched({ jobs: ['geoip'], back: true }), { code: 0, output: /is in use again/ });
  t.match(await fetched({ jobs: ['geoip'] }), { code: 0, output: /what was taken back; --again/ });
  t.match(await fetched({ jobs: ['geoip'], again: true }), { code: 0, output: /put in place/ });
});

t.test('what cannot be meant', async (t) => {
  await t.rejects(fetched({}), { message: /fetch: what\?/, exitCode: 64 });
  await t.rejects(fetched({ jobs: ['geoip'], back: true, list: true }), {
    message: /--back: by itself/,
    exitCode: 64,
  });
});
