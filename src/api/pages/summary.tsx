/**
 * What was measured in a country, a network or on a domain, or anywhere, in the last days: counts, freshness, and
 * what came last. The overview and three kinds of pages are made of it.
 */
import type { ComponentChild } from 'preact';
import { aggregation } from '../../core/endpoints/aggregation/aggregation.ts';
import { VERDICTS } from '../../core/endpoints/measurements/verdict.ts';
import { DAY_MS, dayText, dayTexts } from '../../core/time/days.ts';
import { DayTable, dayBuckets, SharesTable, StackedBars } from './charts.tsx';
import { ago, number, testName } from './formats.ts';
import { askJson, type PageRequest, type Problem } from './page.ts';
import {
  Country,
  countOf,
  Legend,
  MeasurementTable,
  shownText,
  sumCounts,
  Time,
  type VerdictCounts,
  VerdictMark,
} from './parts.tsx';
import { searchPageOf } from './searchResults.ts';
import type { Texts } from './texts/en.ts';

const DAYS = 30;
const NEWEST = 10;
/** Of each list those with the most measurements. */
const MOST = 8;

type Counted = VerdictCounts & {
  readonly measurement_start_day?: string;
} & Readonly<Partial<Record<ListedAxis, string | number>>>;

/** What a summary is of. */
export interface Subject {
  /** Filters of the API, the same for counts and search. */
  readonly filter: Readonly<Record<string, string>>;
  readonly title: ComponentChild;
  readonly lead: string;
  /** What stands in two lists beside each other. */
  readonly lists: readonly [ListedAxis, ListedAxis];
}

/** Axes whose values have a page, or a search. */
export type ListedAxis = 'probe_cc' | 'test_name' | 'probe_asn' | 'domain';

/** The parts of a page, or why there are none. Throws QueryError. */
export async function summaryOf(
  asked: PageRequest,
  { filter, title, lead, lists }: Subject,
): Promise<{ readonly kind: 'ok'; readonly main: ComponentChild } | Problem> {
  const { nowMs, texts, links } = asked;
  const firstMs = nowMs - (DAYS - 1) * DAY_MS;
  const range = { ...filter, since: dayText(firstMs), until: dayText(nowMs + DAY_MS) };
  const byDayQuery = { ...range, axis_x: 'measurement_start_day', time_grain: 'day' };
  const [byDay, first, second, newest] = await Promise.all([
    counts(asked, byDayQuery),
    counts(asked, { ...range, axis_x: lists[0] }),
    counts(asked, { ...range, axis_x: lists[1] }),
    searchPageOf(asked, new URLSearchParams({ ...filter, limit: String(NEWEST) })),
  ]);
  if (byDay.kind === 'problem') return byDay;
  if (first.kind === 'problem') return first;
  if (second.kind === 'problem') return second;
  if (newest.kind === 'problem') return newest;
  const buckets = dayBuckets(byDay.value, dayTexts(firstMs, nowMs));
  const total = sumCounts(byDay.value);
  const [last] = newest.rows;
  const { overview, chart, columns } = texts;
  const apiPath = links(aggregation.path, byDayQuery);
  const main = (
    <>
      <h1>{title}</h1>
      <p class="lead">{lead}</p>
      <dl class="figures" aria-label={overview.figures}>
        <div class="main">
          <dt>{columns.measurements}</dt>
          <dd>{number(texts, total.measurement_count)}</dd>
        </div>
        {VERDICTS.toReversed().map((verdict) => (
          <div>
            <dt>
              <VerdictMark verdict={verdict} texts={texts} />
            </dt>
            <dd>{number(texts, countOf(total, verdict))}</dd>
          </div>
        ))}
        {[first, second].map(({ value }, index) => (
          <div>
            <dt>{overview.howMany[lists[index]!]}</dt>
            <dd>{number(texts, value.filter((row) => row[lists[index]!] !== '').length)}</dd>
          </div>
        ))}
        {last !== undefined && (
          <div class="fresh">
            <dt>{overview.newestAt}</dt>
            <dd>
              {ago(texts, Date.parse(last.measurement_start_time), nowMs)}
              <small>
                <Time value={last.measurement_start_time} />
              </small>
            </dd>
          </div>
        )}
      </dl>

      <section aria-labelledby="by-day">
        <div class="heading">
          <h2 id="by-day">{chart.byDay}</h2>
          <Legend texts={texts} />
        </div>
        <StackedBars buckets={buckets} title={chart.byDay} texts={texts} />
        <div class="under">
          <DayTable buckets={buckets} label={chart.byDay} texts={texts} />
          <a href={apiPath}>{chart.api}</a>
        </div>
      </section>

      <div class="columns">
        {[first, second].map(({ value }, index) => {
          const axis = lists[index]!;
          return (
            <section aria-labelledby={axis}>
              <h2 id={axis}>{overview.by[axis]}</h2>
              <Most rows={value} axis={axis} filter={filter} asked={asked} />
            </section>
          );
        })}
      </div>

      <section aria-labelledby="newest">
        <div class="heading">
          <h2 id="newest">{overview.newest}</h2>
          <a href={links('/ui/search', filter)}>{overview.allNewest}</a>
        </div>
        {newest.rows.length === 0 ? (
          <p class="empty">{overview.empty}</p>
        ) : (
          <MeasurementTable
            rows={newest.rows}
            texts={texts}
            links={links}
            caption={overview.newest}
          />
        )}
      </section>
    </>
  );
  return { kind: 'ok', main };
}

export function daysText(texts: Texts): string {
  return number(texts, DAYS);
}

async function counts(
  asked: PageRequest,
  parameters: Readonly<Record<string, string>>,
): Promise<{ readonly kind: 'ok'; readonly value: readonly Counted[] } | Problem> {
  const answer = await askJson<{ readonly result: readonly Counted[] }>(
    asked,
    aggregation,
    parameters,
  );
  return answer.kind === 'ok' ? { kind: 'ok', value: answer.value.result } : answer;
}

function Most({
  rows,
  axis,
  filter,
  asked: { texts, links },
}: {
  readonly rows: readonly Counted[];
  readonly axis: ListedAxis;
  readonly filter: Subject['filter'];
  readonly asked: PageRequest;
}) {
  const most = [...rows].sort((a, b) => b.measurement_count - a.measurement_count).slice(0, MOST);
  return (
    <>
      <SharesTable
        first={texts.charts.axes[axis]}
        hasUnseenHead
        rows={most.map((row) => {
          const value = String(row[axis] ?? '');
          const shown = <Value axis={axis} value={value} texts={texts} />;
          // What has none cannot be searched for: without the filter there would be all.
          const name =
            value === '' ? shown : <a href={hrefOf(axis, value, filter, links)}>{shown}</a>;
          return { name, counts: row };
        })}
        texts={texts}
      />
      {rows.length > MOST && (
        <p class="links">
          <a href={links('/ui/chart', { ...filter, axis_x: axis })}>
            {texts.overview.all(number(texts, rows.length))}
          </a>
        </p>
      )}
    </>
  );
}

function Value({
  axis,
  value,
  texts,
}: {
  readonly axis: ListedAxis;
  readonly value: string;
  readonly texts: Texts;
}) {
  switch (axis) {
    case 'probe_cc':
      return <Country code={value} texts={texts} />;
    case 'test_name':
      return <bdi>{testName(value)}</bdi>;
    case 'probe_asn':
      return <bdi>AS{value}</bdi>;
    case 'domain':
      return value === '' ? texts.noInput : <bdi>{shownText(value)}</bdi>;
  }
}

/** From the overview to the page of a place; from there to a search of both. */
function hrefOf(
  axis: ListedAxis,
  value: string,
  filter: Subject['filter'],
  links: PageRequest['links'],
): string {
  const path = PLACES[axis];
  return path === undefined || Object.keys(filter).length > 0
    ? links('/ui/search', { ...filter, [axis]: value })
    : links(`${path}/${encodeURIComponent(value)}`);
}

const PLACES: Readonly<Partial<Record<ListedAxis, string>>> = {
  probe_cc: '/ui/country',
  probe_asn: '/ui/network',
  domain: '/ui/domain',
};
