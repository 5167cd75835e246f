/** The steps of a measurement, each with a bar from when to when it took. */
import { scaleLinear } from 'd3-scale';
import type { NetworkStep } from '../../core/measurement/networkTimeline.ts';
import { number } from './formats.ts';
import { Data, WideTable } from './parts.tsx';
import type { Texts } from './texts/en.ts';

/** Of a bar that would be too short to be seen, in hundredths of the width. */
const LEAST_WIDTH = 0.6;

export function Timeline({
  steps,
  texts,
}: {
  readonly steps: readonly NetworkStep[];
  readonly texts: Texts;
}) {
  if (steps.length === 0) return null;
  const { measurement: words } = texts;
  const ends = steps.flatMap(({ endS }) => (endS === undefined ? [] : [endS]));
  const endS = Math.max(0.001, ...ends);
  const x = scaleLinear([0, endS], [0, 100]);
  return (
    <section aria-labelledby="timeline">
      <h2 id="timeline">{words.timeline}</h2>
      <p class="muted">{words.timelineLead}</p>
      <WideTable label={words.timeline}>
        <table class="timeline">
          <thead>
            <tr>
              <th scope="col">{words.step}</th>
              <th scope="col">{words.target}</th>
              <th scope="col">
                <span class="axis" dir="ltr">
                  {ends.length > 0 && <span>0</span>}
                  <span class="unseen">{words.time}</span>
                  {ends.length > 0 && (
                    <span>{words.seconds(number(texts, Number(endS.toFixed(2))))}</span>
                  )}
                </span>
              </th>
              <th scope="col">{words.outcome}</th>
            </tr>
          </thead>
          <tbody>
            {steps.map((step) => (
              <tr class={step.failure === undefined ? undefined : 'failed'}>
                <th scope="row">
                  <span class={`step ${step.kind}`}>{words.steps[step.kind]}</span>
                </th>
                <td class="target">
                  <Data>{step.target}</Data>
                </td>
                <td class="span">
                  <Bar step={step} x={x} texts={texts} />
                </td>
                <td class="outcome">
                  {step.failure === undefined ? (
                    step.outcome === '' ? (
                      words.worked
                    ) : (
                      <Data>{step.outcome}</Data>
                    )
                  ) : (
                    <span class="bad">
                      <Data>{step.failure}</Data>
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </WideTable>
    </section>
  );
}

function Bar({
  step: { kind, startS, endS, failure },
  x,
  texts,
}: {
  readonly step: NetworkStep;
  readonly x: (seconds: number) => number;
  readonly texts: Texts;
}) {
  const { measurement: words } = texts;
  if (startS === undefined || endS === undefined) return <span class="muted">{words.untimed}</span>;
  const tookMs = Math.max(0, Math.round((endS - startS) * 1000));
  const width = Math.max(LEAST_WIDTH, x(endS) - x(startS));
  const label = words.took(number(texts, Number(startS.toFixed(3))), number(texts, tookMs));
  return (
    <svg viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <rect
        class={failure === undefined ? kind : `${kind} hollow`}
        x={Math.min(x(startS), 100 - width)}
        y="2"
        width={width}
        height="8"
      />
    </svg>
  );
}
