/** Fields of the forms that choose what a page is of. */
import type { ComponentChildren } from 'preact';

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
