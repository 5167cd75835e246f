/** Charts: counts by verdict along one axis or two, as GET /api/v1/aggregation has them, with their numbers. */
import { aggregation } from '../../core/endpoints/aggregation/aggregation.ts';
import { parseDatetime } from '../../core/time/datetime.ts';
import { DAY_MS, dayText, dayTexts, startOfDayMs } from '../../core/time/days.ts';
import {
  CountsTable,
  DayTable,
  dayBuckets,
  ShareBar,
  SharesTable,
  StackedBars,
  Strip,
} from './charts.tsx';
import { CodeField, CountryField, Day, Field, Filters, TestField } from './filters.tsx';
import { countryName, number, testName } from './formats.ts';
import { askJson, type Page, type PageRequest, type Parameters } from './page.ts';
import { Legend, sumCounts, type VerdictCounts, WideTable } from './parts.tsx';
import { ProblemNotice } from './problem.tsx';
import type { Texts } from './texts/en.ts';

/** Those of the API's axes that have few enough values for a page. */
const AXES = [
  'measurement_start_day',
  'probe_cc',
  'test_name',
  'domain',
  'probe_asn',
  'category_code',
  'blocking_type',
] as const;
type Axis = (typeof AXES)[number];
const DAY = 'measurement_start_day';

const FILTERS = ['probe_cc', 'probe_asn', 'test_name', 'domain'] as const;
const DEFAULT_DAYS = 30;
/** Of each axis those with the most measurements: more would be a download. */
const MAX_ROWS = 40;
const MAX_COLUMNS = 10;
/** Lines of a table of numbers: the CSV has them all. */
const MAX_CELLS = 300;
/** Days of a chart: more bars than that cannot be told apart. */
const MAX_DAYS = 200;

type Counted = VerdictCounts & Readonly<Partial<Record<Axis, string | number>>>;

export const aggregationPage: Page = {
  path: '/ui/chart',
  nav: 'charts',
  cacheSeconds: 60,

  async show(asked) {
    const { query, nowMs, texts, links } = asked;
    const { charts, chart } = texts;
    const given = (name: string) => query.get(name)?.trim() || undefined;
    const axisOf = (name: string): Axis | undefined => AXES.find((axis) => axis === given(name));
    const first = axisOf('axis_x') ?? DAY;
    const other = axisOf('axis_y');
    const second = other === first ? undefined : other;
    // Time runs from side to side, whichever axis it was given as.
    const [x, y] = second === DAY ? [second, first] : [first, second];
    const mine: Parameters = {
      ...Object.fromEntries(FILTERS.map((name) => [name, given(name)])),
      probe_cc: given('probe_cc')?.toUpperCase(),
      since: given('since') ?? dayText(nowMs - (DEFAULT_DAYS - 1) * DAY_MS),
      until: given('until') ?? dayText(nowMs + DAY_MS),
      axis_x: x,
      axis_y: y,
    };
    const api = x === DAY ? { ...mine, time_grain: 'day' } : mine;
    const answer = await askJson<{ readonly result: readonly Counted[] }>(asked, aggregation, api);
    if (answer.kind === 'problem' && answer.status >= 500) return answer;
    const rows = answer.kind === 'ok' ? answer.value.result : [];
    const name =
      y === undefined
        ? charts.along(charts.axes[x])
        : charts.alongTwo(charts.axes[x], charts.axes[y]);
    const main = (
      <>
        <h1>{charts.heading}</h1>
        <p class="lead">{charts.lead}</p>
        <Choices texts={texts} lang={query.get('lang')} given={mine} />
        {answer.kind === 'problem' ? (
          <ProblemNotice heading={charts.problem} detail={answer.detail} />
        ) : (
          <section aria-labelledby="drawn">
            <div class="heading">
              <h2 id="drawn">{name}</h2>
              <Legend texts={texts} />
            </div>
            {rows.length === 0 ? (
              <p class="empty">{charts.none}</p>
            ) : (
              <Drawn rows={rows} x={x} y={y} name={name} mine={mine} asked={asked} />
            )}
            <p class="links">
              <a href={links(aggregation.path, api)}>{chart.api}</a>
              <a href={links(aggregation.path, { ...api, format: 'CSV', download: 'true' })}>
                {charts.csv}
              </a>
            </p>
          </section>
        )}
      </>
    );
    const status = answer.kind === 'problem' ? { status: answer.status } : {};
    return { kind: 'page', title: charts.title, main, ...status };
  },
};

interface DrawnParts {
  readonly rows: readonly Counted[];
  readonly x: Axis;
  readonly y: Axis | undefined;
  readonly name: string;
  readonly mine: Parameters;
  readonly asked: PageRequest;
}

function Drawn(parts: DrawnParts) {
  const { rows, x, y, name, mine, asked } = parts;
  if (y !== undefined) return <Matrix {...parts} y={y} />;
  if (x !== DAY) return <Bars {...parts} />;
  const { texts } = asked;
  const days = daysOf(mine);
  const buckets = dayBuckets(rows, days.shown);
  return (
    <>
      <StackedBars buckets={buckets} title={name} texts={texts} />
      <CutDays days={days} texts={texts} />
      <DayTable buckets={buckets} label={name} texts={texts} />
    </>
  );
}

/** A line for each value of an axis that is no time, the largest first. */
function Bars({ rows, x, name, mine, asked: { texts, links } }: DrawnParts) {
  const values = most(rows, x, MAX_ROWS);
  return (
    <>
      <WideTable label={name}>
        <SharesTable
          first={texts.charts.axes[x]}
          rows={values.map((value) => {
            const of = <bdi>{label(x, value, texts)}</bdi>;
            return {
              // What has none cannot be searched for: without the filter there would be all.
              name:
                canSearch(x) && value !== '' ? (
                  <a href={links('/ui/search', searchOf(mine, x, value))}>{of}</a>
                ) : (
                  of
                ),
              counts: counted(rows, x, value),
            };
          })}
          texts={texts}
        />
      </WideTable>
      <Cut rows={rows} axis={x} shown={values.length} texts={texts} />
    </>
  );
}

/** A row for each value of one axis; along it the other: bars for days, cells for all else. */
function Matrix({ rows, x, y, name, mine, asked: { texts } }: DrawnParts & { readonly y: Axis }) {
  const values = most(rows, y, MAX_ROWS);
  const range = daysOf(mine);
  const days = range.shown;
  const columns = x === DAY ? [] : most(rows, x, MAX_COLUMNS);
  const lines = values.map((value) => ({
    value,
    rows: rows.filter((row) => String(row[y]) === value),
  }));
  return (
    <>
      <WideTable label={name}>
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">{texts.charts.axes[y]}</th>
              {x === DAY ? (
                <th scope="col">
                  <span class="axis" dir="ltr">
                    <span>{days[0]}</span>
                    <span>{days.at(-1)}</span>
                  </span>
                </th>
              ) : (
                columns.map((column) => (
                  <th scope="col">
                    <bdi>{label(x, column, texts)}</bdi>
                  </th>
                ))
              )}
              <th scope="col">{texts.columns.measurements}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => {
              const name = label(y, line.value, texts);
              return (
                <tr>
                  <th scope="row">
                    <bdi>{name}</bdi>
                  </th>
                  {x === DAY ? (
                    <td class="strip">
                      <Strip buckets={dayBuckets(line.rows, days)} title={name} texts={texts} />
                    </td>
                  ) : (
                    columns.map((column) => {
                      const counts = counted(line.rows, x, column);
                      return (
                        <td class="cell">
                          {counts.measurement_count > 0 && (
                            <>
                              <ShareBar
                                counts={counts}
                                largest={counts.measurement_count}
                                texts={texts}
                              />
                              {number(texts, counts.measurement_count)}
                            </>
                          )}
                        </td>
                      );
                    })
                  )}
                  <td class="number">{number(texts, sumCounts(line.rows).measurement_count)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </WideTable>
      <Cut rows={rows} axis={y} shown={values.length} texts={texts} />
      {x === DAY && <CutDays days={range} texts={texts} />}
      <MatrixTable rows={rows} x={x} y={y} values={values} name={name} texts={texts} />
    </>
  );
}

/** The numbers of a matrix, folded: a line for each of its cells that is not empty. */
function MatrixTable({
  rows,
  x,
  y,
  values,
  name,
  texts,
}: Pick<DrawnParts, 'rows' | 'x' | 'name'> & {
  readonly y: Axis;
  /** Of the second axis, in the order of the chart. */
  readonly values: readonly string[];
  readonly texts: Texts;
}) {
  const cells = values.flatMap((value) =>
    rows
      .filter((row) => String(row[y]) === value)
      .sort((a, b) => (x === DAY ? compare(a[x], b[x]) : b.measurement_count - a.measurement_count))
      .map((row) => ({ names: [label(y, value, texts), label(x, String(row[x]), texts)], row })),
  );
  return (
    <details>
      <summary>{texts.chart.table}</summary>
      <WideTable label={name}>
        <CountsTable
          heads={[texts.charts.axes[y], texts.charts.axes[x]]}
          rows={cells.slice(0, MAX_CELLS).map(({ names, row }) => ({ names, counts: row }))}
          texts={texts}
        />
      </WideTable>
      {cells.length > MAX_CELLS && (
        <p class="muted">
          {texts.charts.cutLines(number(texts, MAX_CELLS), number(texts, cells.length))}
        </p>
      )}
    </details>
  );
}

function compare(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}

/** What a chart has left out is said beside it. */
function Cut({
  rows,
  axis,
  shown,
  texts,
}: {
  readonly rows: readonly Counted[];
  readonly axis: Axis;
  readonly shown: number;
  readonly texts: Texts;
}) {
  const all = new Set(rows.map((row) => String(row[axis]))).size;
  if (all <= shown) return null;
  return <p class="muted">{texts.charts.cut(number(texts, shown), number(texts, all))}</p>;
}

/** Days of a range that the API has understood: the last ones of them, and how many there are. */
function daysOf({ since = '', until = '' }: Parameters): {
  readonly shown: readonly string[];
  readonly all: number;
} {
  const [firstMs, beforeMs] = [parseDatetime(since), parseDatetime(until)];
  if (firstMs === undefined || beforeMs === undefined || beforeMs <= firstMs)
    return { shown: [], all: 0 };
  const [first, last] = [startOfDayMs(firstMs), startOfDayMs(beforeMs - 1)];
  return {
    shown: dayTexts(Math.max(first, last - (MAX_DAYS - 1) * DAY_MS), last),
    all: (last - first) / DAY_MS + 1,
  };
}

/** The same of days, which have an order of their own. */
function CutDays({
  days: { shown, all },
  texts,
}: {
  readonly days: ReturnType<typeof daysOf>;
  readonly texts: Texts;
}) {
  if (all <= shown.length) return null;
  return (
    <p class="muted">{texts.charts.cutDays(number(texts, shown.length), number(texts, all))}</p>
  );
}

/** Values of an axis, those with the most measurements first. */
function most(rows: readonly Counted[], axis: Axis, limit: number): string[] {
  const totals = new Map<string, number>();
  for (const row of rows) {
    const value = String(row[axis]);
    totals.set(value, (totals.get(value) ?? 0) + row.measurement_count);
  }
  return [...totals]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, limit)
    .map(([value]) => value);
}

function counted(rows: readonly Counted[], axis: Axis, value: string): VerdictCounts {
  return sumCounts(rows.filter((row) => String(row[axis]) === value));
}

function label(axis: Axis, value: string, texts: Texts): string {
  switch (axis) {
    case 'probe_cc':
      return countryName(texts, value);
    case 'test_name':
      return testName(value);
    case 'probe_asn':
      return `AS${value}`;
    case 'measurement_start_day':
      return value.slice(0, 10);
    default:
      return value === '' ? texts.charts.without : value;
  }
}

function canSearch(axis: Axis): boolean {
  return (FILTERS as readonly string[]).includes(axis);
}

function searchOf(mine: Parameters, axis: Axis, value: string): Parameters {
  return { ...mine, axis_x: undefined, axis_y: undefined, [axis]: value };
}

function Choices({
  texts,
  lang,
  given,
}: {
  readonly texts: Texts;
  readonly lang: string | null;
  readonly given: Parameters;
}) {
  const { charts, search } = texts;
  const axes = (name: string, none: boolean) => (
    <select id={name} name={name}>
      {none && <option value="">{charts.noAxis}</option>}
      {AXES.map((axis) => (
        <option value={axis} selected={axis === given[name]}>
          {charts.axes[axis]}
        </option>
      ))}
    </select>
  );
  return (
    <Filters action="/ui/chart" label={charts.form} lang={lang}>
      <Field name="axis_x" label={charts.axisX}>
        {axes('axis_x', false)}
      </Field>
      <Field name="axis_y" label={charts.axisY}>
        {axes('axis_y', true)}
      </Field>
      <CountryField value={given.probe_cc} texts={texts} />
      <CodeField
        name="probe_asn"
        label={search.network}
        hint={search.networkHint}
        value={given.probe_asn}
      />
      <TestField value={given.test_name} texts={texts} />
      <CodeField name="domain" label={search.domain} value={given.domain} />
      <Field name="since" label={charts.from}>
        <Day name="since" value={given.since} />
      </Field>
      <Field name="until" label={charts.before}>
        <Day name="until" value={given.until} />
      </Field>
      <p class="actions">
        <button type="submit">{charts.submit}</button>
      </p>
    </Filters>
  );
}
