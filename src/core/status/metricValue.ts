/** One number of a text of metrics, in the format of Prometheus. */

/** Of a metric without labels; undefined where the text has none of that name. */
export function metricValue(text: string, name: string): number | undefined {
  for (const line of text.split('\n'))
    if (line.startsWith(`${name} `)) {
      const value = Number(line.slice(name.length + 1).split(' ')[0]);
      return Number.isNaN(value) ? undefined : value;
    }
  return undefined;
}
