/** The archive: how much was published of each day; of a day its files; and the log that vouches for them. */
import { fileCounts } from '../../core/endpoints/bulk/fileCounts.ts';
import { testNameOfPlain } from '../../core/nettests/testNames.ts';
import { parseDatetime } from '../../core/time/datetime.ts';
import { DAY_MS, dayText, startOfDayMs } from '../../core/time/days.ts';
import { dayOf } from './archiveDay.tsx';
import { LogFacts, logHeadOf } from './archiveLog.tsx';
import { type ArchivePart, askCounts, ARCHIVE_PATH as PATH } from './archiveParts.ts';
import { CountBar } from './charts.tsx';
import { CountryField, Day, Field, Filters, TestField, withoutFilters } from './filters.tsx';
import { number } from './formats.ts';
import type { Page, PageRequest, Parameters, Problem } from './page.ts';
import { WideTable } from './parts.tsx';
import { ProblemNotice } from './problem.tsx';
import type { Texts } from './texts/en.ts';

/** As the endpoint has it where no `since` is given. */
const DAYS = 30;

export const archivePage: Page = {
  path: PATH,
  nav: 'archive',
  cacheSeconds: 60,

  async show(asked) {
    const { query, texts } = asked;
    const { archive } = texts;
    const given = (name: string) => query.get(name)?.trim() || undefined;
    const filters: Parameters = {
      probe_cc: given('probe_cc')?.toUpperCase(),
      test_name: given('test_name'),
    };
    const day = given('day');
    const [log, parts] = await Promise.all([
      logHeadOf(asked),
      day === undefined
        ? daysOf(asked, filters, given('until'))
        : dayOf(asked, { ...filters, day, after: given('after') }),
    ]);
    if (parts.kind === 'problem' && parts.status >= 500) return parts;
    const main = (
      <>
        <h1>{archive.heading}</h1>
        <p class="lead">{archive.lead}</p>
        <Choices texts={texts} lang={query.get('lang')} given={{ ...filters, day }} />
        {parts.kind === 'problem' ? (
          <ProblemNotice heading={archive.problem} detail={parts.detail} />
        ) : (
          parts.main
        )}
        <section aria-labelledby="log">
          <h2 id="log">{archive.log}</h2>
          <LogFacts log={log} texts={texts} />
        </section>
      </>
    );
    const { status } = parts;
    return { kind: 'page', title: archive.title, main, ...(status ? { status } : {}) };
  },
};

/** The days of a month or so, the last ones or those before a day. */
async function daysOf(
  asked: PageRequest,
  filters: Parameters,
  until: string | undefined,
): Promise<ArchivePart | Problem> {
  const { nowMs, texts, links } = asked;
  const { archive, chart, columns } = texts;
  const answer = await askCounts(asked, { ...filters, until });
  if (answer.kind === 'problem') return answer;
  const days = answer.value.result.toReversed();
  const largest = Math.max(1, ...days.map((each) => each.measurement_count));
  const untilMs = startOfDayMs(parseDatetime(until ?? '') ?? nowMs + DAY_MS);
  const main = (
    <section aria-labelledby="days">
      <div class="heading">
        <h2 id="days">
          <bdi>{dayText(untilMs - DAYS * DAY_MS)}</bdi> – <bdi>{dayText(untilMs - DAY_MS)}</bdi>
        </h2>
        <p class="links">
          <a href={links(PATH, { ...filters, until: dayText(untilMs - DAYS * DAY_MS) })}>
            {archive.earlier}
          </a>
          {until !== undefined && <a href={links(PATH, filters)}>{archive.latest}</a>}
          <a href={links(fileCounts.path, { ...filters, until })}>{chart.api}</a>
        </p>
      </div>
      {days.length === 0 ? (
        <p class="empty notice">{archive.none}</p>
      ) : (
        <WideTable label={columns.day}>
          <table class="most">
            <thead>
              <tr>
                <th scope="col">{columns.day}</th>
                <th scope="col">
                  <span class="unseen">{columns.measurements}</span>
                </th>
                <th scope="col" class="number">
                  {columns.measurements}
                </th>
                <th scope="col" class="number">
                  {archive.cans}
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((each) => (
                <tr>
                  <th scope="row">
                    <a href={links(PATH, { ...filters, day: each.day })}>
                      <bdi>{each.day}</bdi>
                    </a>
                  </th>
                  <td class="bar">
                    <CountBar count={each.measurement_count} largest={largest} />
                  </td>
                  <td class="number">{number(texts, each.measurement_count)}</td>
                  <td class="number">{number(texts, each.can_count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
    </section>
  );
  return { kind: 'ok', main };
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
  const { archive, search } = texts;
  return (
    <Filters action={PATH} label={search.form} lang={lang}>
      <Field name="day" label={archive.day}>
        <Day name="day" value={given.day} />
      </Field>
      <CountryField value={given.probe_cc} texts={texts} />
      <TestField value={given.test_name && testNameOfPlain(given.test_name)} texts={texts} />
      <p class="actions">
        <button type="submit">{archive.show}</button>
        <a href={withoutFilters(PATH, lang)}>{search.clear}</a>
      </p>
    </Filters>
  );
}
