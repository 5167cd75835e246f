/** Charts as SVG: made here, so that they print, cache and need no script; words stand beside them as HTML. */
import { scaleBand, scaleLinear } from 'd3-scale';
import { stack } from 'd3-shape';
import { VERDICTS, type Verdict } from '../../core/endpoints/measurements/verdict.ts';
import { number } from './formats.ts';
import { countOf, countsText, STACKED, sumCounts, type VerdictCounts } from './parts.tsx';
import type { Texts } from './texts/en.ts';

/** Of the drawing alone: it is stretched to the room that there is. */
const WIDTH = 1_000;
const HEIGHT = 200;

export interface Bucket extends VerdictCounts {
  /** What it is of: a day, say. */
  readonly name: string;
}

/** A bar for each bucket, its verdicts one above the other. */
export function StackedBars({
  buckets,
  title,
  texts,
}: {
  readonly buckets: readonly Bucket[];
  readonly title: string;
  readonly texts: Texts;
}) {
  const x = scaleBand<number>(
    buckets.map((_, index) => index),
    [0, WIDTH],
  ).paddingInner(0.2);
  const y = scaleLinear(
    [0, Math.max(1, ...buckets.map((each) => each.measurement_count))],
    [HEIGHT, 0],
  ).nice(3);
  const series = stack<Bucket, Verdict>().keys(STACKED).value(countOf)([...buckets]);
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
            <rect class="hover" x={x(index)} y="0" width={x.bandwidth()} height={HEIGHT} />
            {series.map((each) => {
              const [from, to] = each[index]!;
              return to > from ? (
                <rect
                  class={each.key}
                  x={x(index)}
                  y={y(to)}
                  width={x.bandwidth()}
                  height={y(from) - y(to)}
                />
              ) : null;
            })}
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
  const x = scaleBand<number>(
    buckets.map((_, index) => index),
    [0, WIDTH],
  ).paddingInner(0.15);
  const largest = Math.max(1, ...buckets.map((each) => each.measurement_count));
  const y = scaleLinear([0, largest], [STRIP_HEIGHT, 0]);
  const series = stack<Bucket, Verdict>().keys(STACKED).value(countOf)([...buckets]);
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
              {series.map((each) => {
                const [from, to] = each[index]!;
                return to > from ? (
                  <rect
                    class={each.key}
                    x={x(index)}
                    y={y(to)}
                    width={x.bandwidth()}
                    height={y(from) - y(to)}
                  />
                ) : null;
              })}
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

/** The numbers of a chart, for whoever reads rather than looks. */
export function CountsTable({
  buckets,
  first,
  texts,
}: {
  readonly buckets: readonly Bucket[];
  /** Name of the first column. */
  readonly first: string;
  readonly texts: Texts;
}) {
  return (
    <table class="counts">
      <thead>
        <tr>
          <th scope="col">{first}</th>
          <th scope="col">{texts.columns.measurements}</th>
          {VERDICTS.map((verdict) => (
            <th scope="col">{texts.verdictsShort[verdict]}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {buckets.map((bucket) => (
          <tr>
            <th scope="row">
              <bdi>{bucket.name}</bdi>
            </th>
            <td>{number(texts, bucket.measurement_count)}</td>
            {VERDICTS.map((verdict) => (
              <td>{number(texts, countOf(bucket, verdict))}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
