/** One measurement: the verdict and why, what the probe did, the text itself, and its place in the log. */
import { measurementMeta } from '../../core/endpoints/measurements/measurementMeta.ts';
import {
  type Verdict,
  type VerdictReasons,
  verdictOf,
  verdictReasons,
} from '../../core/endpoints/measurements/verdict.ts';
import type { VerificationStatus } from '../../core/endpoints/measurements/verification.ts';
import { isObject, type JsonObject } from '../../core/json/jsonValue.ts';
import { parseBoundedJson } from '../../core/json/parseJson.ts';
import { formatAsn } from '../../core/measurement/asNumber.ts';
import { networkTimeline } from '../../core/measurement/networkTimeline.ts';
import { clientGone } from '../database.ts';
import { findLoggedPlace, type LoggedPlace } from '../loggedPlace.ts';
import { countryName, number, testName } from './formats.ts';
import { askJson, type Links, type Page } from './page.ts';
import { Country, Data, Facts, shownText, Time, VerdictMark, WideTable } from './parts.tsx';
import { RawText } from './rawText.tsx';
import type { Texts } from './texts/en.ts';
import { Timeline } from './timeline.tsx';

interface Meta {
  readonly measurement_uid: string;
  readonly report_id: string;
  readonly input: string;
  readonly measurement_start_time: string;
  readonly test_start_time: string;
  readonly test_name: string;
  readonly probe_asn: number;
  readonly probe_cc: string;
  readonly scores: string;
  readonly anomaly: boolean;
  readonly confirmed: boolean;
  readonly failure: boolean;
  readonly raw_measurement: string;
  readonly category_code: string | null;
  readonly verification_status: VerificationStatus | null;
}

/** A body that is larger is not taken apart for a page: that would keep the worker from others. */
const MAX_PARSED_BYTES = 1_048_576;

export const measurementPage: Page = {
  path: '/ui/measurement/:measurementUid',
  cacheSeconds: 60,

  async show(asked) {
    const { ctx, texts, links } = asked;
    const uid = ctx.params.measurementUid as string;
    const [answer, place] = await Promise.all([
      askJson<Partial<Meta>>(asked, measurementMeta, { measurement_uid: uid, full: 'true' }),
      findLoggedPlace(asked.sources.database, uid, clientGone(ctx)),
    ]);
    if (answer.kind === 'problem') return answer;
    // Without a row the answer is all but empty (protocol, data 4.2).
    if (answer.value.measurement_uid === undefined) return { kind: 'problem', status: 404 };
    const meta = answer.value as Meta;
    const text = meta.raw_measurement;
    const bytes = Buffer.from(text);
    const parsed =
      bytes.length > 0 && bytes.length <= MAX_PARSED_BYTES ? parseBoundedJson(bytes) : undefined;
    const content = parsed?.kind === 'ok' && isObject(parsed.value) ? parsed.value : undefined;
    const verdict = verdictOf(meta);
    const name = testName(meta.test_name);
    const { measurement } = texts;
    const apiPath = `/api/v1/measurement/${encodeURIComponent(uid)}`;

    const main = (
      <article>
        <header class="head">
          <p class="kicker">
            <bdi>{name}</bdi> · {countryName(texts, meta.probe_cc)} ·{' '}
            <bdi>{formatAsn(meta.probe_asn)}</bdi> · <Time value={meta.measurement_start_time} />
          </p>
          <h1>{meta.input === '' ? <bdi>{name}</bdi> : <Data>{shownText(meta.input)}</Data>}</h1>
        </header>
        <VerdictBox verdict={verdict} reasons={verdictReasons(meta.scores)} texts={texts} />
        <div class="sides">
          <section aria-labelledby="facts">
            <h2 id="facts">{measurement.facts}</h2>
            <KeyFacts meta={meta} content={content} texts={texts} links={links} />
          </section>
          <section aria-labelledby="place">
            <h2 id="place">{measurement.place}</h2>
            <Place place={place} uid={uid} texts={texts} apiPath={apiPath} />
          </section>
        </div>
        <Timeline steps={networkTimeline(content?.test_keys)} texts={texts} />
        <section aria-labelledby="raw">
          <h2 id="raw">{measurement.raw}</h2>
          <RawText bytes={bytes} parts={content !== undefined} asked={asked} />
          <p class="links">
            <a href={apiPath}>{measurement.download}</a>
            <a href={links(measurementMeta.path, { measurement_uid: uid })}>{texts.chart.api}</a>
          </p>
        </section>
      </article>
    );
    const where = countryName(texts, meta.probe_cc);
    return { kind: 'page', title: measurement.title(name, where), main };
  },
};

function VerdictBox({
  verdict,
  reasons,
  texts,
}: {
  readonly verdict: Verdict;
  readonly reasons: VerdictReasons;
  readonly texts: Texts;
}) {
  const { measurement } = texts;
  const { blockingType, fingerprints, accuracy, messages, notes } = reasons;
  const countries = (codes: readonly string[]) =>
    codes.map((code) => countryName(texts, code)).join(', ');
  const sentences = [
    ...(blockingType === undefined ? [] : [measurement.blocking[blockingType]]),
    ...fingerprints.map((each) => measurement.fingerprint(each.name, countries(each.countries))),
    ...(accuracy !== undefined && accuracy < 0.5 ? [measurement.accuracy] : []),
  ];
  return (
    <section class={`verdict-box ${verdict}`} aria-labelledby="verdict">
      <h2 id="verdict">
        <VerdictMark verdict={verdict} texts={texts} long />
      </h2>
      <p>{measurement.explained[verdict]}</p>
      {sentences.length + messages.length > 0 ? (
        <>
          <h3>{measurement.reasons}</h3>
          <ul>
            {sentences.map((sentence) => (
              <li>{sentence}</li>
            ))}
            {messages.map((message) => (
              <li>
                <Data>{shownText(message)}</Data>
              </li>
            ))}
          </ul>
        </>
      ) : (
        <p class="muted">{measurement.noReasons}</p>
      )}
      {notes.length > 0 && (
        <details>
          <summary>{measurement.notes}</summary>
          <WideTable label={measurement.notes}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{measurement.note}</th>
                  <th scope="col">{measurement.value}</th>
                </tr>
              </thead>
              <tbody>
                {notes.map(([name, value]) => (
                  <tr>
                    <th scope="row">
                      <Data>{name}</Data>
                    </th>
                    <td>
                      <Data>{value}</Data>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </WideTable>
        </details>
      )}
    </section>
  );
}

function KeyFacts({
  meta,
  content,
  texts,
  links,
}: {
  readonly meta: Meta;
  readonly content: JsonObject | undefined;
  readonly texts: Texts;
  readonly links: Links;
}) {
  const { measurement: words } = texts;
  const said = (name: string) => {
    const value = content?.[name];
    return typeof value === 'string' ? value : '';
  };
  const network = said('probe_network_name');
  const runtime = content?.test_runtime;
  const rows: readonly (readonly [string, preact.ComponentChild])[] = [
    [words.test, <bdi>{testName(meta.test_name)}</bdi>],
    [
      words.country,
      <a href={links(`/ui/country/${encodeURIComponent(meta.probe_cc)}`)}>
        <Country code={meta.probe_cc} texts={texts} />
      </a>,
    ],
    [
      words.network,
      <>
        <a href={links(`/ui/network/${meta.probe_asn}`)}>
          <bdi>{formatAsn(meta.probe_asn)}</bdi>
        </a>
        {network !== '' && (
          <>
            {' '}
            <Data>{shownText(network)}</Data>
          </>
        )}
      </>,
    ],
    [words.started, <Time value={meta.measurement_start_time} />],
    [words.testStarted, <Time value={meta.test_start_time} />],
    [
      words.runtime,
      typeof runtime === 'number' ? words.seconds(number(texts, Number(runtime.toFixed(2)))) : null,
    ],
    [words.category, meta.category_code ? <bdi>{meta.category_code}</bdi> : null],
    [
      words.software,
      said('software_name') === '' ? null : (
        <Data>{shownText(`${said('software_name')} ${said('software_version')}`)}</Data>
      ),
    ],
    [
      words.credential,
      meta.verification_status === null ? null : words.credentials[meta.verification_status],
    ],
    [words.uid, <Data>{meta.measurement_uid}</Data>],
    [words.report, <Data>{meta.report_id}</Data>],
  ];
  return <Facts rows={rows.filter(([, value]) => value !== null)} />;
}

function Place({
  place,
  uid,
  texts,
  apiPath,
}: {
  readonly place: LoggedPlace;
  readonly uid: string;
  readonly texts: Texts;
  readonly apiPath: string;
}) {
  const { measurement: words } = texts;
  if (place.kind !== 'logged') return <p class="muted">{words.notPublished}</p>;
  const { line, object, leafIndex } = place;
  const rows = [
    [words.collector, <Data>{object.collector_id}</Data>],
    [words.leaf, <Data>{number(texts, leafIndex)}</Data>],
    [words.file, <Data>{line.s3path}</Data>],
    [words.line, <Data>{number(texts, line.linenum)}</Data>],
  ] as const;
  return (
    <>
      <p>{words.placeLead}</p>
      <Facts rows={rows} />
      {/* The script does the checking: the stylesheet takes this away where there is none. */}
      <div
        class="check"
        data-proof={`${apiPath}/proof`}
        data-key={`/api/v1/log/key?collector_id=${encodeURIComponent(object.collector_id)}`}
        data-body={apiPath}
        data-uid={uid}
        data-checking={words.checking}
        data-good={words.proofGood}
        data-unsigned={words.proofUnsigned}
        data-bad={words.proofBad}
        data-unavailable={words.proofUnavailable}
        data-insecure={words.proofInsecure}
      >
        <button type="button">{words.check}</button>
        <p class="muted">{words.checkLead}</p>
        <p class="result" role="status" />
      </div>
      <p>
        <a href={`${apiPath}/proof`}>{words.proof}</a>
      </p>
    </>
  );
}
