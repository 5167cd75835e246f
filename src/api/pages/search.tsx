/** Search: filters, a table in the order of time, pages by where the last one ended, and the same as CSV. */
import { VERDICTS, type Verdict } from '../../core/endpoints/measurements/verdict.ts';
import {
  CodeField,
  CountryField,
  Day,
  Field,
  Filters,
  TestField,
  withoutFilters,
} from './filters.tsx';
import { number } from './formats.ts';
import type { Page, Parameters } from './page.ts';
import { MeasurementTable } from './parts.tsx';
import { ProblemNotice } from './problem.tsx';
import { searchPageOf } from './searchResults.ts';
import type { Texts } from './texts/en.ts';

const ROWS = 50;
const CSV_ROWS = 1_000;

/** Parameters of the page that are the API's own. */
const FILTERS = [
  'probe_cc',
  'probe_asn',
  'test_name',
  'domain',
  'input',
  'since',
  'until',
] as const;

/** What the API calls a verdict: each measurement has one here, and three flags there. */
const FLAGS: Readonly<Record<Verdict, Parameters>> = {
  failure: { failure: 'true' },
  confirmed: { confirmed: 'true', failure: 'false' },
  anomaly: { anomaly: 'true', confirmed: 'false', failure: 'false' },
  ok: { anomaly: 'false', confirmed: 'false', failure: 'false' },
};

export const searchPage: Page = {
  path: '/ui/search',
  nav: 'search',
  cacheSeconds: 60,

  async show(asked) {
    const { query, texts, links } = asked;
    const { search, chart } = texts;
    const given = (name: string) => query.get(name)?.trim() || undefined;
    const filters: Parameters = Object.fromEntries(FILTERS.map((name) => [name, given(name)]));
    const verdict = VERDICTS.find((each) => each === given('verdict'));
    const order = given('order') === 'asc' ? 'asc' : undefined;
    const csv = given('format') === 'csv';
    const mine: Parameters = { ...filters, verdict, order };
    const api: Parameters = {
      ...filters,
      ...(verdict === undefined ? {} : FLAGS[verdict]),
      // People write `it`; rows have `IT`.
      probe_cc: filters.probe_cc?.toUpperCase(),
      order,
      cursor: given('cursor'),
      limit: String(csv ? CSV_ROWS : ROWS),
    };
    const apiQuery = new URLSearchParams(links('/api/v1/measurements', api).split('?')[1] ?? '');
    const found = await searchPageOf(asked, apiQuery);
    if (found.kind === 'problem' && (csv || found.status >= 500)) return found;
    if (found.kind === 'ok' && csv)
      return { kind: 'csv', rows: found.rows, fileName: 'measurements.csv' };

    const turned = links('/ui/search', { ...mine, order: order === 'asc' ? undefined : 'asc' });
    const main = (
      <>
        <h1>{search.heading}</h1>
        <p class="lead">{search.lead}</p>
        <Choices texts={texts} action="/ui/search" lang={query.get('lang')} given={mine} />
        {found.kind === 'problem' ? (
          <ProblemNotice heading={search.problem} detail={found.detail} />
        ) : (
          <section aria-labelledby="results">
            <div class="heading">
              <h2 id="results">{search.results}</h2>
              <p class="links">
                <a href={turned}>{order === 'asc' ? search.newestFirst : search.oldestFirst}</a>
                <a href={links('/ui/search', { ...mine, cursor: given('cursor'), format: 'csv' })}>
                  {search.csv(number(texts, CSV_ROWS))}
                </a>
                <a href={links('/api/v1/measurements', api)}>{chart.api}</a>
              </p>
            </div>
            {found.rows.length === 0 ? (
              <p class="empty">{search.none}</p>
            ) : (
              <MeasurementTable
                rows={found.rows}
                texts={texts}
                links={links}
                caption={search.found(number(texts, found.rows.length))}
                order={{ ascending: order === 'asc', turned }}
              />
            )}
            <nav class="pages" aria-label={search.results}>
              {given('cursor') !== undefined && (
                <a href={links('/ui/search', mine)}>{search.first}</a>
              )}
              {found.cursor !== undefined && (
                <a
                  class="button"
                  rel="next"
                  href={links('/ui/search', { ...mine, cursor: found.cursor })}
                >
                  {search.next}
                </a>
              )}
            </nav>
          </section>
        )}
      </>
    );
    const status = found.kind === 'problem' ? { status: found.status } : {};
    return { kind: 'page', title: search.title, main, ...status };
  },
};

function Choices({
  texts,
  action,
  lang,
  given,
}: {
  readonly texts: Texts;
  readonly action: string;
  readonly lang: string | null;
  readonly given: Parameters;
}) {
  const { search, verdicts } = texts;
  return (
    <Filters action={action} label={search.form} lang={lang}>
      {given.order !== undefined && <input type="hidden" name="order" value={given.order} />}
      <CountryField value={given.probe_cc} texts={texts} size={8} />
      <CodeField
        name="probe_asn"
        label={search.network}
        hint={search.networkHint}
        value={given.probe_asn}
        size={10}
      />
      <TestField value={given.test_name} texts={texts} />
      <Field name="verdict" label={search.verdict}>
        <select id="verdict" name="verdict">
          <option value="">{search.anyVerdict}</option>
          {VERDICTS.toReversed().map((verdict) => (
            <option value={verdict} selected={verdict === given.verdict}>
              {verdicts[verdict]}
            </option>
          ))}
        </select>
      </Field>
      <CodeField name="domain" label={search.domain} value={given.domain} />
      <CodeField name="input" label={search.input} hint={search.inputHint} value={given.input} />
      <Field name="since" label={search.since}>
        <Day name="since" value={given.since} />
      </Field>
      <Field name="until" label={search.until}>
        <Day name="until" value={given.until} />
      </Field>
      <p class="actions">
        <button type="submit">{search.submit}</button>
        <a href={withoutFilters(action, lang)}>{search.clear}</a>
      </p>
    </Filters>
  );
}
