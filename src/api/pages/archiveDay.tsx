/** A day of the archive: its countries, its tests, and its files with what the log knows of each. */
import { parseObjectKey } from '../../core/archive/names.ts';
import { objectUrl } from '../../core/archive/publicBucket.ts';
import { readFileList } from '../../core/endpoints/bulk/fileList.ts';
import { parseDatetime } from '../../core/time/datetime.ts';
import { DAY_MS, dayText, startOfDayMs } from '../../core/time/days.ts';
import { issuesText } from '../../core/validation/issues.ts';
import type { ArchiveFile, ArchiveFilesPage } from '../archiveFiles.ts';
import { clientGone } from '../database.ts';
import { type ArchivePart, askCounts, type Count, ARCHIVE_PATH as PATH } from './archiveParts.ts';
import { CountBar } from './charts.tsx';
import { bytesText, countryName, number, testNameOfKey } from './formats.ts';
import type { PageRequest, Parameters, Problem } from './page.ts';
import { Country, WideTable } from './parts.tsx';
import type { Texts } from './texts/en.ts';

/** Of a page: the API has a thousand. */
const MAX_FILES = 100;
/** Of a list of countries or tests of a day. */
const MOST = 12;

/** `mine`: what the page was asked for; its `day` is given. Throws QueryError. */
export async function dayOf(asked: PageRequest, mine: Parameters): Promise<ArchivePart | Problem> {
  const { ctx, sources, texts, links } = asked;
  const { archive, chart } = texts;
  const apiQuery = links('/api/v1/files', { ...mine, after: undefined });
  const check = readFileList(new URLSearchParams(links('', mine).split('?')[1]));
  if (check.kind === 'invalid')
    return { kind: 'problem', status: 422, detail: issuesText(check.issues) };
  if (check.kind === 'refused') return { kind: 'problem', status: 400, detail: check.detail };
  // As the API has understood it.
  const day = dayText(parseDatetime(mine.day!)!);
  const range = { ...mine, after: undefined, day: undefined, since: day, until: dayAfter(day, 1) };
  const [countries, tests, files] = await Promise.all([
    askCounts(asked, { ...range, by: 'probe_cc' }),
    askCounts(asked, { ...range, by: 'test_name' }),
    sources.files.page(check.asked, MAX_FILES, clientGone(ctx)),
  ]);
  if (countries.kind === 'problem') return countries;
  if (tests.kind === 'problem') return tests;
  const main = (
    <>
      <div class="heading day">
        <h2>
          <bdi>{day}</bdi>
        </h2>
        <p class="links">
          <a href={links(PATH, { ...mine, day: dayAfter(day, -1), after: undefined })}>
            {archive.dayBefore}
          </a>
          <a href={links(PATH, { ...mine, day: dayAfter(day, 1), after: undefined })}>
            {archive.dayAfter}
          </a>
          <a href={links(PATH, { ...mine, day: undefined, after: undefined })}>{archive.allDays}</a>
        </p>
      </div>
      {countries.value.result.length > 0 && (
        <div class="columns">
          <Narrow by="probe_cc" counts={countries.value.result} mine={mine} asked={asked} />
          <Narrow by="test_name" counts={tests.value.result} mine={mine} asked={asked} />
        </div>
      )}
      <section aria-labelledby="files">
        <div class="heading">
          <h2 id="files">{archive.files}</h2>
          <p class="links">
            <a href={apiQuery}>{chart.api}</a>
          </p>
        </div>
        <Files page={files} mine={mine} asked={asked} />
      </section>
    </>
  );
  return { kind: 'ok', main, ...(files.kind === 'unavailable' ? { status: 503 } : {}) };
}

function dayAfter(day: string, days: number): string {
  return dayText(startOfDayMs(Date.parse(day)) + days * DAY_MS);
}

/** Values of a day, those with the most measurements first, each a link to its files alone. */
function Narrow({
  by,
  counts,
  mine,
  asked: { texts, links },
}: {
  readonly by: 'probe_cc' | 'test_name';
  readonly counts: readonly Count[];
  readonly mine: Parameters;
  readonly asked: PageRequest;
}) {
  const most = [...counts].sort((a, b) => b.measurement_count - a.measurement_count);
  const largest = Math.max(1, most[0]?.measurement_count ?? 0);
  return (
    <section aria-labelledby={`by-${by}`}>
      <h2 id={`by-${by}`}>{texts.overview.by[by]}</h2>
      <table class="most">
        <thead class="unseen">
          <tr>
            <th scope="col">{texts.charts.axes[by]}</th>
            <th scope="col">{texts.columns.share}</th>
            <th scope="col">{texts.columns.measurements}</th>
          </tr>
        </thead>
        <tbody>
          {most.slice(0, MOST).map((each) => {
            const value = each[by] ?? '';
            return (
              <tr>
                <th scope="row">
                  <a href={links(PATH, { ...mine, [by]: value, after: undefined })}>
                    {by === 'probe_cc' ? (
                      <Country code={value} texts={texts} />
                    ) : (
                      <bdi>{testNameOfKey(value)}</bdi>
                    )}
                  </a>
                </th>
                <td class="bar">
                  <CountBar count={each.measurement_count} largest={largest} />
                </td>
                <td class="number">{number(texts, each.measurement_count)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {most.length > MOST && (
        <p class="muted">{texts.charts.cut(number(texts, MOST), number(texts, most.length))}</p>
      )}
    </section>
  );
}

function Files({
  page,
  mine,
  asked: { sources, texts, links },
}: {
  readonly page: ArchiveFilesPage;
  readonly mine: Parameters;
  readonly asked: PageRequest;
}) {
  const { archive, columns, search } = texts;
  if (page.kind === 'unavailable') return <p class="notice">{archive.bucketAway}</p>;
  const { files, after } = page;
  return (
    <>
      {sources.bucketUrl === undefined && files.length > 0 && (
        <p class="muted">{archive.noAddress}</p>
      )}
      {files.length === 0 ? (
        <p class="empty notice">{archive.noFiles}</p>
      ) : (
        <WideTable label={archive.files}>
          <table class="files">
            <thead>
              <tr>
                <th scope="col">{archive.file}</th>
                <th scope="col">{columns.country}</th>
                <th scope="col">{columns.test}</th>
                <th scope="col">{archive.hour}</th>
                <th scope="col" class="number">
                  {archive.size}
                </th>
                <th scope="col" class="number">
                  {columns.measurements}
                </th>
                <th scope="col" class="number">
                  {archive.firstEntry}
                </th>
              </tr>
            </thead>
            <tbody>
              {files.map((file) => (
                <FileRow file={file} bucketUrl={sources.bucketUrl} texts={texts} />
              ))}
            </tbody>
          </table>
        </WideTable>
      )}
      <nav class="pages" aria-label={archive.files}>
        {mine.after !== undefined && (
          <a href={links(PATH, { ...mine, after: undefined })}>{search.first}</a>
        )}
        {after !== undefined && (
          <a class="button" rel="next" href={links(PATH, { ...mine, after })}>
            {search.next}
          </a>
        )}
      </nav>
    </>
  );
}

function FileRow({
  file: { key, sizeBytes, logged },
  bucketUrl,
  texts,
}: {
  readonly file: ArchiveFile;
  readonly bucketUrl: string | undefined;
  readonly texts: Texts;
}) {
  // Only files with such keys are listed.
  const { folder } = parseObjectKey(key)!.can;
  const name = <bdi>{key.slice(key.lastIndexOf('/') + 1)}</bdi>;
  return (
    <tr>
      <th scope="row" class="data">
        {bucketUrl === undefined ? (
          name
        ) : (
          <a href={objectUrl(bucketUrl, key)} download="">
            {name}
          </a>
        )}
      </th>
      <td>{countryName(texts, folder.probeCc)}</td>
      <td>
        <bdi>{testNameOfKey(folder.testName)}</bdi>
      </td>
      <td>
        <bdi>{folder.hour.slice(8)}:00</bdi>
      </td>
      <td class="number">{bytesText(texts, sizeBytes)}</td>
      <td class="number">{logged === undefined ? '–' : number(texts, logged.leaves)}</td>
      <td class="number">{logged === undefined ? '–' : number(texts, logged.first_leaf)}</td>
    </tr>
  );
}
