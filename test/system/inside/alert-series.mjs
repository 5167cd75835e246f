// Asks Prometheus for each series that its own alert rules name; ends with 1 when one stays away for five minutes.
const PROMETHEUS = 'http://127.0.0.1:9090';
// Of the vendor's server: the tests' engine has no replicas.
const NOT_HERE = /^ClickHouseAsyncMetrics_/;
// Values of labels that come with what they count: the metric itself must be there.
const WITH_ITS_EVENT = /\{(outcome|source)[^}]*\}/;

async function ask(path, parameters = {}) {
  const answer = await fetch(`${PROMETHEUS}${path}?${new URLSearchParams(parameters)}`);
  const { data } = await answer.json();
  return data;
}

async function selectors() {
  const { groups } = await ask('/api/v1/rules');
  const rules = groups.flatMap((group) => group.rules);
  if (rules.length < 20) throw new Error(`only ${rules.length} rules are loaded`);
  const found = new Set();
  for (const { query } of rules)
    for (const [selector] of query.matchAll(
      /\b(?:up|(?:ooni|node|nginx|ClickHouse)\w*_\w+)(?:\{[^}]*\})?/g,
    ))
      if (!NOT_HERE.test(selector)) found.add(selector.replace(WITH_ITS_EVENT, ''));
  return [...found].sort();
}

async function missing() {
  const absent = [];
  for (const selector of await selectors())
    if ((await ask('/api/v1/query', { query: selector })).result.length === 0)
      absent.push(selector);
  return absent;
}

let absent = ['Prometheus'];
for (let attempt = 0; attempt < 300 && absent.length > 0; attempt++) {
  absent = await missing().catch((error) => [String(error)]);
  if (absent.length > 0) await new Promise((resolve) => setTimeout(resolve, 1000));
}
console.log(
  absent.length === 0 ? (await selectors()).join('\n') : `not there: ${absent.join(', ')}`,
);
process.exitCode = absent.length === 0 ? 0 : 1;
