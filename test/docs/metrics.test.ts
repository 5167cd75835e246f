/**
 * What docs/metrics.md, the alert rules and the dashboard say must be what the programs tell.
 *
 * Covers src/uploader/uploaderMetrics.ts.
 */
import { readFileSync } from 'node:fs';
import type { Registry } from 'prom-client';
import t from 'tap';
import { parse } from 'yaml';
import { makeMetrics as apiMetrics } from '../../src/api/apiMetrics.ts';
import { jobMetricsText } from '../../src/api/fetch/jobState.ts';
import { geoipJob } from '../../src/core/sources/geoipJob.ts';
import { makeMetrics as fastpathMetrics } from '../../src/fastpath/fastpathMetrics.ts';
import { metricsText } from '../../src/uploader/uploaderMetrics.ts';

const api = apiMetrics();
api.collectFrom({
  memory: { usedBytes: 0 },
  hints: { dropped: 0 },
  bounds: { usedBytes: 0, running: 0, waiting: 0 },
  geoip: { builtMs: 0 },
});
api.collectPrioritisation(() => ({
  testListEntries: 0,
  rules: 0,
  loadedAtMs: { test_list: 0, rules: 0, counters: 0 },
}));

/** Metrics of our own, by name; those of the Node process are described as a whole. */
async function ownMetrics(): Promise<Map<string, string>> {
  const uploader = await metricsText(
    {
      cans: 0,
      measurements: 0,
      unparsed: 0,
      post_bytes: 0,
      tar_bytes: 0,
      jsonl_bytes: 0,
      quarantine_aged_out: 0,
      runs: 0,
      failed_runs: 0,
      last_success_ms: 0,
    },
    {
      runSeconds: 0,
      waitingFolders: 0,
      oldestWaitingMs: undefined,
      quarantined: 0,
      quarantineBytes: 0,
      unfinishedRemovals: 0,
      logLeaves: 0,
    },
  );
  const text = async (registry: Registry) => registry.metrics();
  const fetch = await jobMetricsText(geoipJob, {
    runs: 0,
    failed_runs: 0,
    last_success_ms: 0,
    taken_at_ms: 0,
    rows: 0,
  });
  const all = [
    await text(api.registry),
    await text(fastpathMetrics().registry),
    uploader,
    fetch,
  ].join('\n');
  // The primary process of the api has three more, made where they are read.
  const primary = readFileSync('src/api/processes/primary.ts', 'utf8');
  const metrics = new Map<string, string>();
  for (const [, name, type] of all.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    if (!/^ooni_(api|fastpath)_(process|nodejs)_/.test(name!)) metrics.set(name!, type!);
  for (const [, name] of primary.matchAll(/(?:gauge\(\s*|name: )'(ooni_api_\w+)'/g))
    metrics.set(name!, 'gauge');
  return metrics;
}

const metrics = await ownMetrics();
const documented = readFileSync('docs/metrics.md', 'utf8');

t.test('every metric is documented with its type, and no other', async (t) => {
  t.ok(metrics.size > 30);
  const table = new Map(
    [...documented.matchAll(/^\| `(ooni_\w+)` \| (\w+) \|/gm)].map(([, name, type]) => [
      name,
      type,
    ]),
  );
  t.strictSame(table, metrics);
});

/** Metric names in PromQL; the series of a histogram count as it. */
function namesIn(expression: string): string[] {
  return [...expression.matchAll(/\booni_\w+/g)].map(([name]) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return metrics.get(base) === 'histogram' ? base : name;
  });
}

t.test('alert rules use metrics that exist, and each is explained', async (t) => {
  const { groups } = parse(readFileSync('docs/monitoring/alerts.yml', 'utf8')) as {
    groups: { rules: { alert: string; expr: string; annotations: { summary: string } }[] }[];
  };
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    for (const name of namesIn(rule.expr)) t.ok(metrics.has(name), `${rule.alert}: ${name}`);
    t.ok(rule.annotations.summary, rule.alert);
    t.ok(documented.includes(`\`${rule.alert}\``), `${rule.alert} is explained`);
  }
});

t.test('each alert has a test in which it fires, and a time at which it does not', async (t) => {
  const { tests } = parse(readFileSync('test/docs/alerts-tests.yml', 'utf8')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
  };
  const expected = tests.flatMap((one) => one.alert_rule_test);
  const { groups } = parse(readFileSync('docs/monitoring/alerts.yml', 'utf8')) as {
    groups: { rules: { alert: string }[] }[];
  };
  for (const { alert } of groups.flatMap(({ rules }) => rules)) {
    const states = expected.filter(({ alertname }) => alertname === alert);
    t.ok(
      states.some(({ exp_alerts }) => exp_alerts.length > 0),
      `${alert} fires`,
    );
    t.ok(
      states.some(({ exp_alerts }) => exp_alerts.length === 0),
      `${alert} does not always`,
    );
  }
});

t.test('runbooks are sections of operate.md, and its alerts are rules', async (t) => {
  const operate = readFileSync('docs/operate.md', 'utf8');
  const headings = [...operate.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!);
  const rows = [...documented.matchAll(/^\| `Ooni.*\| ([^|]*) \|$/gm)];
  t.ok(rows.length > 15);
  const rules = readFileSync('docs/monitoring/alerts.yml', 'utf8');
  const { groups } = parse(rules) as {
    groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
  };
  const annotated = new Map(
    groups.flatMap((group) => group.rules.map((rule) => [rule.alert, rule.annotations.runbook])),
  );
  for (const [row, runbook] of rows) {
    const isSection = runbook!.trim() !== '';
    t.ok(!isSection || headings.includes(runbook!), row);
    const where = isSection ? `operate.md, "${runbook}"` : 'metrics.md, "Alerts"';
    for (const [, alert] of row.matchAll(/`(Ooni\w+)`/g))
      t.equal(annotated.get(alert!), where, `${alert} names the runbook of the table`);
  }
  for (const [name] of operate.matchAll(/\bOoni[A-Z]\w+/g))
    t.match(rules, `- alert: ${name}\n`, name);
});

t.test('the dashboard shows metrics that exist', async (t) => {
  const { panels } = JSON.parse(readFileSync('docs/monitoring/dashboard.json', 'utf8')) as {
    panels: { title: string; targets: { expr: string }[] }[];
  };
  for (const { title, targets } of panels)
    for (const { expr } of targets) {
      t.ok(namesIn(expr).length > 0, title);
      for (const name of namesIn(expr)) t.ok(metrics.has(name), `${title}: ${name}`);
    }
});
