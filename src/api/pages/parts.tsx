/** What more than one page shows. */
import type { ComponentChildren } from 'preact';
import { VERDICTS, type Verdict, verdictOf } from '../../core/endpoints/measurements/verdict.ts';
import { shortened } from '../../core/text/shortened.ts';
import { countryName, number, testName, timeText } from './formats.ts';
import type { Links } from './page.ts';
import type { Texts } from './texts/en.ts';

export function VerdictMark({
  verdict,
  texts,
  long,
}: {
  readonly verdict: Verdict;
  readonly texts: Texts;
  readonly long?: boolean;
}) {
  return (
    <span class={`verdict ${verdict}`}>
      {(long ? texts.verdicts : texts.verdictsShort)[verdict]}
    </span>
  );
}

/** A time in UTC, as it is written everywhere here. */
export function Time({ value }: { readonly value: string }) {
  const text = timeText(value);
  return (
    <time dateTime={`${text.replace(' ', 'T')}Z`} dir="ltr">
      {text}
    </time>
  );
}

const MAX_SHOWN_CHARS = 300;

/** What has any length, as much of it as a page has room for. */
export function shownText(text: string): string {
  return shortened(text, MAX_SHOWN_CHARS);
}

/** What a probe wrote: it has its own direction, and breaks anywhere. */
export function Data({ children }: { readonly children: ComponentChildren }) {
  return <bdi class="data">{children}</bdi>;
}

/** Names and what they have, one below the other. */
export function Facts({
  rows,
}: {
  readonly rows: readonly (readonly [string, ComponentChildren])[];
}) {
  return (
    <dl class="facts">
      {rows.map(([name, value]) => (
        <div>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Country({ code, texts }: { readonly code: string; readonly texts: Texts }) {
  const name = countryName(texts, code);
  return (
    <span class="country">
      <bdi class="cc">{code}</bdi>
      {name !== code && <span>{name}</span>}
    </span>
  );
}

/** A table that can be moved by keys where it is wider than the page. */
export function WideTable({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ComponentChildren;
}) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: what scrolls must take the focus, and is no set of fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the same
    <div class="wide" role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** What a list of measurements shows of each. */
export interface ListedMeasurement {
  readonly measurement_uid: string;
  readonly input: string | null;
  readonly probe_cc: string;
  /** With `AS`. */
  readonly probe_asn: string;
  readonly test_name: string;
  readonly measurement_start_time: string;
  readonly anomaly: boolean;
  readonly confirmed: boolean;
  readonly failure: boolean;
}

export function MeasurementTable({
  rows,
  texts,
  links,
  caption,
  order,
}: {
  readonly rows: readonly ListedMeasurement[];
  readonly texts: Texts;
  readonly links: Links;
  readonly caption: string;
  /** Where the order can be turned: how it is, and where it is the other way. */
  readonly order?: { readonly ascending: boolean; readonly turned: string };
}) {
  const { columns, search } = texts;
  return (
    <table class="measurements">
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {order === undefined ? (
            <th scope="col">{columns.started}</th>
          ) : (
            <th scope="col" aria-sort={order.ascending ? 'ascending' : 'descending'}>
              <a class="sort" href={order.turned}>
                {columns.started}
                <span aria-hidden="true">{order.ascending ? ' ▲' : ' ▼'}</span>
                <span class="unseen">
                  {order.ascending ? search.newestFirst : search.oldestFirst}
                </span>
              </a>
            </th>
          )}
          <th scope="col">{columns.verdict}</th>
          <th scope="col">{columns.input}</th>
          <th scope="col">{columns.test}</th>
          <th scope="col">{columns.country}</th>
          <th scope="col">{columns.network}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr>
            <td class="started">
              <a href={links(`/ui/measurement/${encodeURIComponent(row.measurement_uid || '-')}`)}>
                <Time value={row.measurement_start_time} />
              </a>
            </td>
            <td class="what">
              <VerdictMark verdict={verdictOf(row)} texts={texts} />
            </td>
            <td class={row.input ? 'input' : 'input none'}>
              {row.input ? (
                <Data>{shownText(row.input)}</Data>
              ) : (
                <span class="muted">{texts.noInput}</span>
              )}
            </td>
            <td class="what test">
              <bdi>{testName(row.test_name)}</bdi>
            </td>
            <td>
              <Country code={row.probe_cc} texts={texts} />
            </td>
            <td>
              <bdi>{row.probe_asn}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Counts by verdict, as an aggregation gives them. */
export interface VerdictCounts {
  readonly measurement_count: number;
  readonly ok_count: number;
  readonly anomaly_count: number;
  readonly confirmed_count: number;
  readonly failure_count: number;
}

export const NO_COUNTS: VerdictCounts = {
  measurement_count: 0,
  ok_count: 0,
  anomaly_count: 0,
  confirmed_count: 0,
  failure_count: 0,
};

export function sumCounts(rows: readonly VerdictCounts[]): VerdictCounts {
  const total: Record<keyof VerdictCounts, number> = { ...NO_COUNTS };
  for (const row of rows)
    for (const name of Object.keys(NO_COUNTS) as (keyof VerdictCounts)[]) total[name] += row[name];
  return total;
}

/** From the ground up in a stack: what is wanted most stands at the bottom line. */
export const STACKED: readonly Verdict[] = ['confirmed', 'anomaly', 'ok', 'failure'];

export function countOf(counts: VerdictCounts, verdict: Verdict): number {
  return counts[`${verdict}_count`];
}

/** `3 Confirmed, 2 Anomaly`, without those of which there are none. */
export function countsText(counts: VerdictCounts, texts: Texts): string {
  return VERDICTS.filter((verdict) => countOf(counts, verdict) > 0)
    .map((verdict) => `${number(texts, countOf(counts, verdict))} ${texts.verdictsShort[verdict]}`)
    .join(', ');
}

export function Legend({ texts }: { readonly texts: Texts }) {
  return (
    <ul class="legend">
      {STACKED.map((verdict) => (
        <li>
          <VerdictMark verdict={verdict} texts={texts} />
        </li>
      ))}
    </ul>
  );
}
