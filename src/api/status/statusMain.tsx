/** What operators see: what is wrong, what came and went by the hour, what waits, what timers did. */
import type { ComponentChild } from 'preact';
import type { HourCounts } from '../../core/status/hourCounts.ts';
import { CountBar } from '../pages/charts.tsx';
import { ago, bytesText, number } from '../pages/formats.ts';
import { Data, Time, WideTable } from '../pages/parts.tsx';
import type { Texts } from '../pages/texts/en.ts';
import type { Part, SourceStatus, SpoolStatus, Status, TimerStatus } from './statusReads.ts';

export function StatusMain({ status, texts }: { readonly status: Status; readonly texts: Texts }) {
  const { status: words } = texts;
  return (
    <>
      <h1>{words.heading}</h1>
      <p class="lead">
        {words.lead} <Time value={new Date(status.atMs).toISOString()} />
      </p>
      <Faults status={status} texts={texts} />
      <Figures status={status} texts={texts} />
      <Section id="hours" name={words.hours} part={status.hours} texts={texts}>
        {(hours) => <Hours hours={hours} texts={texts} />}
      </Section>
      <section aria-labelledby="timers">
        <h2 id="timers">{words.timers}</h2>
        <Timers status={status} texts={texts} />
      </section>
      <Section id="sources" name={words.sources} part={status.sources} texts={texts}>
        {(sources) => <Sources sources={sources} atMs={status.atMs} texts={texts} />}
      </Section>
    </>
  );
}

/** What is wrong now, and what is late. */
function Faults({ status, texts }: { readonly status: Status; readonly texts: Texts }) {
  const { status: words } = texts;
  const { spool, workers } = status;
  const late = status.timers.filter((timer) => timer.kind === 'ok' && timer.value.isLate);
  const lines: ComponentChild[] = [
    ...status.faults.map((fault) => (
      <span dir="ltr" lang="en">
        {fault}
      </span>
    )),
    ...(workers.running < workers.count
      ? [words.workersMissing(number(texts, workers.count - workers.running))]
      : []),
    ...(spool.kind === 'ok' && spool.value.publishingIsLate ? [words.publishingLate] : []),
    ...late.map((timer) => timer.kind === 'ok' && words.timerLate(timer.value.unit)),
  ];
  if (lines.length === 0) return <p class="all-well">{words.well}</p>;
  return (
    <section class="notice" aria-labelledby="wrong">
      <h2 id="wrong">{words.wrong}</h2>
      <ul>
        {lines.map((line) => (
          <li>{line}</li>
        ))}
      </ul>
    </section>
  );
}

function Figures({ status, texts }: { readonly status: Status; readonly texts: Texts }) {
  const { status: words } = texts;
  const { spool, lastPublishedMs, atMs, workers } = status;
  const figures: (readonly [string, ComponentChild, ComponentChild?])[] = [
    [words.stored, number(texts, status.stored), words.sinceStart],
    [
      words.workers,
      words.ofAll(number(texts, workers.running), number(texts, workers.count)),
      words.restarts(number(texts, workers.restarts)),
    ],
    ...(spool.kind === 'ok' ? spoolFigures(spool.value, atMs, texts) : []),
    ...(lastPublishedMs.kind === 'ok'
      ? [[words.lastPublished, when(texts, lastPublishedMs.value, atMs)] as const]
      : []),
  ];
  return (
    <>
      <dl class="figures">
        {figures.map(([name, value, small]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              {value}
              {small !== undefined && <small>{small}</small>}
            </dd>
          </div>
        ))}
      </dl>
      {spool.kind === 'trouble' && <Trouble problem={spool.problem} texts={texts} />}
    </>
  );
}

function spoolFigures(spool: SpoolStatus, atMs: number, texts: Texts) {
  const { status: words } = texts;
  const count = (value: number) => `${number(texts, value)}${spool.isMore ? '+' : ''}`;
  return [
    [
      words.pending,
      count(spool.pending),
      spool.oldestPendingMs === undefined
        ? undefined
        : words.oldest(ago(texts, spool.oldestPendingMs, atMs)),
    ],
    [
      words.waiting,
      count(spool.waiting),
      spool.oldestHour === undefined ? undefined : <bdi>{hourText(spool.oldestHour)}</bdi>,
    ],
    [
      words.free,
      bytesText(texts, spool.freeBytes),
      words.least(bytesText(texts, spool.leastFreeBytes)),
    ],
    [words.quarantined, number(texts, spool.quarantined)],
  ] as const;
}

/** `2026-07-11 09:00` of `2026071109`. */
function hourText(hour: string): string {
  return hour.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3 $4:00');
}

function when(texts: Texts, atMs: number, nowMs: number): string {
  return atMs === 0 ? texts.status.never : ago(texts, atMs, nowMs);
}

function Hours({ hours, texts }: { readonly hours: readonly HourCounts[]; readonly texts: Texts }) {
  const { status: words } = texts;
  const largest = Math.max(1, ...hours.map(({ received }) => received));
  return (
    <>
      <p class="muted">{words.hoursLead}</p>
      <WideTable label={words.hours}>
        <table class="most hours">
          <thead>
            <tr>
              <th scope="col">{words.hour}</th>
              <th scope="col">
                <span class="unseen">{words.received}</span>
              </th>
              <th scope="col" class="number">
                {words.received}
              </th>
              <th scope="col" class="number">
                {words.scored}
              </th>
              <th scope="col" class="number">
                {words.published}
              </th>
            </tr>
          </thead>
          <tbody>
            {hours.map(({ hour, received, scored, published }) => (
              <tr>
                <th scope="row">
                  <bdi>{hourText(hour)}</bdi>
                </th>
                <td class="bar">
                  <CountBar count={received} largest={largest} />
                </td>
                <td class="number">{number(texts, received)}</td>
                <td class="number">{number(texts, scored)}</td>
                <td class="number">{number(texts, published)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
    </>
  );
}

function Timers({ status, texts }: { readonly status: Status; readonly texts: Texts }) {
  const { status: words } = texts;
  const known = status.timers.flatMap((timer): TimerStatus[] =>
    timer.kind === 'ok' ? [timer.value] : [],
  );
  return (
    <>
      <WideTable label={words.timers}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.unit}</th>
              <th scope="col">{words.lastSuccess}</th>
              <th scope="col" class="number">
                {words.runs}
              </th>
              <th scope="col" class="number">
                {words.failedRuns}
              </th>
            </tr>
          </thead>
          <tbody>
            {known.map((timer) => (
              <tr>
                <th scope="row">
                  <code>{timer.unit}</code>
                </th>
                <td class={timer.isLate ? 'bad' : undefined}>
                  {when(texts, timer.lastSuccessMs, status.atMs)}
                </td>
                <td class="number">{number(texts, timer.runs)}</td>
                <td class="number">{number(texts, timer.failedRuns)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
      {status.timers.map(
        (timer) => timer.kind === 'trouble' && <Trouble problem={timer.problem} texts={texts} />,
      )}
    </>
  );
}

function Sources({
  sources,
  atMs,
  texts,
}: {
  readonly sources: readonly SourceStatus[];
  readonly atMs: number;
  readonly texts: Texts;
}) {
  const { status: words } = texts;
  if (sources.length === 0) return <p class="empty">{words.noSources}</p>;
  return (
    <WideTable label={words.sources}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.data}</th>
            <th scope="col">{words.takenAt}</th>
            <th scope="col" class="number">
              {words.rows}
            </th>
            <th scope="col">{words.from}</th>
          </tr>
        </thead>
        <tbody>
          {sources.map((source) => (
            <tr>
              <th scope="row">
                <code>{source.job}</code>
              </th>
              <td>{ago(texts, source.takenAtMs, atMs)}</td>
              <td class="number">{number(texts, source.rows)}</td>
              <td>
                <Data>{source.source}</Data>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}

function Section<Value>({
  id,
  name,
  part,
  texts,
  children,
}: {
  readonly id: string;
  readonly name: string;
  readonly part: Part<Value>;
  readonly texts: Texts;
  readonly children: (value: Value) => ComponentChild;
}) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{name}</h2>
      {part.kind === 'ok' ? children(part.value) : <Trouble problem={part.problem} texts={texts} />}
    </section>
  );
}

function Trouble({ problem, texts }: { readonly problem: string; readonly texts: Texts }) {
  return (
    <p class="notice">
      {texts.status.unknown}{' '}
      <bdi dir="ltr" lang="en">
        {problem}
      </bdi>
    </p>
  );
}
