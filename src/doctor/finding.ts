/** What a look at one thing found. */
import { printable } from '../core/text/printable.ts';

export type Finding =
  | { readonly kind: 'ok'; readonly what: string }
  /** Something is wrong; `todo` is what an operator does about it. */
  | { readonly kind: 'fault'; readonly what: string; readonly todo: string }
  /** It could not be looked at, which says nothing about it. */
  | { readonly kind: 'unseen'; readonly what: string; readonly todo: string };

export const ok = (what: string): Finding => ({ kind: 'ok', what });
export const fault = (what: string, todo: string): Finding => ({ kind: 'fault', what, todo });
export const unseen = (what: string, todo: string): Finding => ({ kind: 'unseen', what, todo });

export const AS_ROOT = 'run ooni-doctor as root';
/** A page of the documents, as it is installed. */
export const page = (name: string, heading: string) =>
  `see /usr/share/doc/ooni-common/${name}.md, "${heading}"`;

const MARKS = { ok: 'ok  ', fault: 'FAIL', unseen: '-   ' } as const;

/** One line, whatever a program or a server has said. */
export function lineOf(finding: Finding): string {
  const text = finding.kind === 'ok' ? finding.what : `${finding.what}: ${finding.todo}`;
  return `${MARKS[finding.kind]}  ${printable(text.trim().replace(/\s+/g, ' '))}`;
}
