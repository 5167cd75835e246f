/** Charts as SVG: made here, so that they print, cache and need no script; words stand beside them as HTML. */
import { scaleBand, scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import type { ComponentChild } from 'preact';
import { VERDICTS, type Verdict } from '../../core/endpoints/measurements/verdict.ts';
import { number } from './formats.ts';
import {
  countOf,
  countsText,
  NO_COUNTS,
  STACKED,
  sumCounts,
  type VerdictCounts,
  WideTable,
} from './parts.tsx';
import type { Texts } from './texts/en.ts';

/** Of the drawing alone: it is stretched to the room that there is. */
const WIDTH = 1_000;
const HEIGHT = 200;

export interface Bucket extends VerdictCounts {
  /** What it is of: a day, say. */
  readonly name: string;
}

function largestOf(buckets: readonly Bucket[]): number {
  return Math.max(1, ...buckets.map((each) => each.measurement_count));
}

/** A bar for each bucket, its verdicts one above the other. `gap`: between bars, in parts of a step. */
function stackedBars(buckets: readonly Bucket[], y: (count: number) => number, gap: number) {
  const x = scaleBand<number>(
    buckets.map((_, index) => index),
    [0, WIDTH],
  ).paddingInner(gap);
  const width = x.bandwidth();
  const series = stack<Bucket, Verdict>().keys(STACKED).value(countOf)([...buckets]);
  return {
    x,
    width,
    of: (index: number) =>
      series.map((each) => {
        const [from, to] = each[index]!;
        return to > from ? (
          <rect class={each.key} x={x(index)} y={y(to)} width={width} height={y(from) - y(to)} />
        ) : null;
      }),
  };
}

/** The bars of all buckets above a scale, with the ends of the axis. */
export function StackedBars({
  buckets,
  title,
  texts,
}: {
  readonly buckets: readonly Bucket[];
  readonly title: string;
  readonly texts: Texts;
}) {
  const y = scaleLinear([0, largestOf(buckets)], [HEIGHT, 0]).nice(3);
  const bars = stackedBars(buckets, y, 0.2);
  const lines = y.ticks(3).filter(Number.isInteger);
  return (
    <div class="chart">
      <ol class="scale" aria-hidden="true">
        {lines.toReversed().map((value) => (
          <li>{number(texts, value)}</li>
        ))}
      </ol>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={title}
      >
        {lines.map((value) => (
          <line class="grid" x1="0" x2={WIDTH} y1={y(value)} y2={y(value)} />
        ))}
        {buckets.map((bucket, index) => (
          <g>
            <title>{texts.chart.values(bucket.name, countsText(bucket, texts) || '0')}</title>
            <rect class="hover" x={bars.x(index)} y="0" width={bars.width} height={HEIGHT} />
            {bars.of(index)}
          </g>
        ))}
      </svg>
      <p class="ends" aria-hidden="true">
        <bdi>{buckets[0]?.name}</bdi>
        <bdi>{buckets.at(-1)?.name}</bdi>
      </p>
    </div>
  );
}

const STRIP_HEIGHT = 40;

/** A small chart of bars without scales, each series against its own largest bucket. */
export function Strip({
  buckets,
  title,
  texts,
}: {
  readonly buckets: readonly Bucket[];
  readonly title: string;
  readonly texts: Texts;
}) {
  const bars = stackedBars(buckets, scaleLinear([0, largestOf(buckets)], [STRIP_HEIGHT, 0]), 0.15);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${STRIP_HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${title}: ${countsText(sumCounts(buckets), texts)}`}
    >
      {buckets.map(
        (bucket, index) =>
          bucket.measurement_count > 0 && (
            <g>
              <title>{texts.chart.values(bucket.name, countsText(bucket, texts))}</title>
              {bars.of(index)}
            </g>
          ),
      )}
    </svg>
  );
}

/** One line of all verdicts, as wide as `share` of the largest. */
export function ShareBar({
  counts,
  largest,
  texts,
}: {
  readonly counts: VerdictCounts;
  readonly largest: number;
  readonly texts: Texts;
}) {
  const x = scaleLinear([0, Math.max(1, largest)], [0, 100]);
  const series = stack<VerdictCounts, Verdict>().keys(STACKED).value(countOf)([counts]);
  return (
    <svg
      class="share"
      viewBox="0 0 100 10"
      preserveAspectRatio="none"
      role="img"
      aria-label={countsText(counts, texts)}
    >
      {series.map((each) => {
        const [from, to] = each[0]!;
        return to > from ? (
          <rect class={each.key} x={x(from)} y="0" width={x(to) - x(from)} height="10" />
        ) : null;
      })}
    </svg>
  );
}

/** A line as wide as its part of the largest; its number stands beside it. */
export function CountBar({ count, largest }: { readonly count: number; readonly largest: number }) {
  const x = scaleLinear([0, largest], [0, 100]);
  return (
    <svg class="share" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="plain" x="0" y="0" width={x(count)} height="10" />
    </svg>
  );
}

/** Each with its share of the first, which is the largest; a name may be a link. */
export function SharesTable({
  first,
  hasUnseenHead = false,
  rows,
  texts,
}: {
  /** Name of the first column. */
  readonly first: string;
  /** Where what stands above the table says it already. */
  readonly hasUnseenHead?: boolean;
  readonly rows: readonly { readonly name: ComponentChild; readonly counts: VerdictCounts }[];
  readonly texts: Texts;
}) {
  const largest = rows[0]?.counts.measurement_count ?? 0;
  return (
    <table class="most">
      <thead class={hasUnseenHead ? 'unseen' : undefined}>
        <tr>
          <th scope="col">{first}</th>
          <th scope="col">{texts.columns.share}</th>
          <th scope="col">{texts.columns.measurements}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, counts }) => (
          <tr>
            <th scope="row">{name}</th>
            <td class="bar">
              <ShareBar counts={counts} largest={largest} texts={texts} />
            </td>
            <td class="number">{number(texts, counts.measurement_count)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What was counted by day, for days of `YYYY-MM-DD`, those with nothing too. */
export function dayBuckets(
  rows: readonly (VerdictCounts & { readonly measurement_start_day?: string | number })[],
  days: readonly string[],
): Bucket[] {
  const found = new Map(rows.map((row) => [String(row.measurement_start_day).slice(0, 10), row]));
  return days.map((name) => ({ ...(found.get(name) ?? NO_COUNTS), name }));
}

/** The numbers of a chart of days, folded: for whoever reads rather than looks. */
export function DayTable({
  buckets,
  label,
  texts,
}: {
  readonly buckets: readonly Bucket[];
  readonly label: string;
  readonly texts: Texts;
}) {
  return (
    <details>
      <summary>{texts.chart.table}</summary>
      <WideTable label={label}>
        <CountsTable
          heads={[texts.columns.day]}
          rows={buckets.map((bucket) => ({ names: [bucket.name], counts: bucket }))}
          texts={texts}
        />
      </WideTable>
    </details>
  );
}

/** Counts by verdict, a line for each of what its `names` say. */
export function CountsTable({
  heads,
  rows,
  texts,
}: {
  readonly heads: readonly string[];
  readonly rows: readonly { readonly names: readonly string[]; readonly counts: VerdictCounts }[];
  readonly texts: Texts;
}) {
  return (
    <table class="counts">
      <thead>
        <tr>
          {heads.map((head) => (
            <th scope="col">{head}</th>
          ))}
          <th scope="col" class="number">
            {texts.columns.measurements}
          </th>
          {VERDICTS.map((verdict) => (
            <th scope="col" class="number">
              {texts.verdictsShort[verdict]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ names, counts }) => (
          <tr>
            {names.map((name) => (
              <th scope="row">
                <bdi>{name}</bdi>
              </th>
            ))}
            <td class="number">{number(texts, counts.measurement_count)}</td>
            {VERDICTS.map((verdict) => (
              <td class="number">{number(texts, countOf(counts, verdict))}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
