/** Fields of the forms that choose what a page is of. */
import type { ComponentChildren } from 'preact';
import { TEST_TITLES } from '../../core/nettests/testNames.ts';
import { testName } from './formats.ts';
import type { Texts } from './texts/en.ts';

/** The form of them. `lang`: as the address has it, and is to keep it. */
export function Filters({
  action,
  label,
  lang,
  children,
}: {
  readonly action: string;
  readonly label: string;
  readonly lang: string | null;
  readonly children: ComponentChildren;
}) {
  return (
    <form class="filters" action={action} method="get" aria-label={label}>
      <KeptLanguage lang={lang} />
      {children}
    </form>
  );
}

/** Of a form whose page was asked for in a language. */
export function KeptLanguage({ lang }: { readonly lang: string | null }) {
  return lang === null ? null : <input type="hidden" name="lang" value={lang} />;
}

/** The address without what a form has asked for, but its language. */
export function withoutFilters(path: string, lang: string | null): string {
  return lang === null ? path : `${path}?lang=${encodeURIComponent(lang)}`;
}

/** What is no day stays as it was written, to be mended. */
export function Day({
  name,
  value,
}: {
  readonly name: string;
  readonly value: string | undefined;
}) {
  return value === undefined || /^\d{4}-\d\d-\d\d$/.test(value) ? (
    <input id={name} name={name} type="date" value={value} />
  ) : (
    <input id={name} name={name} value={value} />
  );
}

/** A field with its name, and a word on what to write. */
export function Field({
  name,
  label,
  hint,
  children,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly children: ComponentChildren;
}) {
  return (
    <p class="field">
      <label for={name}>
        {label}
        {hint !== undefined && <small>{hint}</small>}
      </label>
      {children}
    </p>
  );
}

/** A field for what is written in Latin letters and digits, whatever the language of the page. */
export function CodeField({
  name,
  label,
  hint,
  value,
  size,
}: {
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
  readonly value: string | undefined;
  readonly size?: number;
}) {
  return (
    <Field name={name} label={label} {...(hint === undefined ? {} : { hint })}>
      <input id={name} name={name} value={value} size={size} autoComplete="off" dir="ltr" />
    </Field>
  );
}

/** `size`: in characters. */
export function CountryField({
  value,
  texts: { search },
  ...size
}: {
  readonly value: string | undefined;
  readonly texts: Texts;
  readonly size?: number;
}) {
  return (
    <CodeField
      name="probe_cc"
      label={search.country}
      hint={search.countryHint}
      value={value}
      {...size}
    />
  );
}

/** A choice among the tests; one that is not known is asked for all the same. */
export function TestField({
  value,
  texts,
}: {
  readonly value: string | undefined;
  readonly texts: Texts;
}) {
  const tests = [...TEST_TITLES.keys()];
  if (value !== undefined && !tests.includes(value)) tests.push(value);
  return (
    <Field name="test_name" label={texts.search.test}>
      <select id="test_name" name="test_name">
        <option value="">{texts.allTests}</option>
        {tests.map((test) => (
          <option value={test} selected={test === value}>
            {testName(test)}
          </option>
        ))}
      </select>
    </Field>
  );
}
