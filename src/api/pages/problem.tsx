/** What a reader is told in place of a page. */
import type { Links, Problem } from './page.ts';
import type { Texts } from './texts/en.ts';

export function problemTitle({ status }: Problem, { problems }: Texts): string {
  return problems.title[status] ?? problems.other;
}

export function ProblemMain({
  problem,
  texts,
  links,
}: {
  readonly problem: Problem;
  readonly texts: Texts;
  readonly links: Links;
}) {
  const { problems } = texts;
  const text = problems.texts[problem.status];
  return (
    <div class="problem">
      <p class="status" aria-hidden="true">
        {problem.status}
      </p>
      <h1>{problemTitle(problem, texts)}</h1>
      {text !== undefined && <p>{text}</p>}
      {problem.detail !== undefined && (
        <p class="muted" dir="ltr" lang="en">
          {problem.detail}
        </p>
      )}
      <p>
        <a class="button" href={links('/')}>
          {problems.back}
        </a>
      </p>
    </div>
  );
}

/** Above nothing: why a form that was sent has no results. `detail`: the API's own sentence. */
export function ProblemNotice({
  heading,
  detail,
}: {
  readonly heading: string;
  readonly detail: string | undefined;
}) {
  return (
    <section class="notice" aria-labelledby="problem">
      <h2 id="problem">{heading}</h2>
      <p dir="ltr" lang="en">
        {detail}
      </p>
    </section>
  );
}
