// Waits until Alertmanager has an alert, or has it no more: node alert.mjs fires|is-silent NAME [LABEL=VALUE].
// Prints it; ends with 1 after ten minutes, and when it does not say which part of which document helps.
const ALERTS = 'http://127.0.0.1:9093/api/v2/alerts';
const [wanted, name, label] = process.argv.slice(2);
const filters = [`alertname="${name}"`, ...(label ? [label.replace(/=(.*)/, '="$1"')] : [])];
const query = new URLSearchParams(filters.map((filter) => ['filter', filter]));

let last = 'Alertmanager does not answer';
for (let attempt = 0; attempt < 1200; attempt++) {
  try {
    const alerts = await (await fetch(`${ALERTS}?${query}`)).json();
    last = JSON.stringify(alerts, undefined, 1);
    if (alerts.length > 0 === (wanted === 'fires')) {
      console.log(last);
      const helps = alerts.every(({ annotations }) => /^\w+\.md, "/.test(annotations.runbook));
      process.exit(helps ? 0 : 1);
    }
  } catch (error) {
    last = String(error);
  }
  await new Promise((resolve) => setTimeout(resolve, 500));
}
console.log(last);
process.exit(1);
