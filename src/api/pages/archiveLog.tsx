/** The log that vouches for the archive: its last checkpoint, as it lies in the bucket. */
import type { LogHead } from '../../core/archive/inclusionProof.ts';
import { number } from './formats.ts';
import type { PageRequest } from './page.ts';
import { Data, Facts } from './parts.tsx';
import type { Texts } from './texts/en.ts';

export type ShownLog =
  | { readonly kind: 'log'; readonly head: LogHead }
  | { readonly kind: 'none' }
  | { readonly kind: 'trouble' };

/** A log that cannot be read is no reason to show nothing. */
export async function logHeadOf({ ctx, sources: { logs } }: PageRequest): Promise<ShownLog> {
  try {
    const head = await logs.head(logs.collectorId);
    return head === undefined ? { kind: 'none' } : { kind: 'log', head };
  } catch (error) {
    logs.tellTrouble(ctx.path, error);
    return { kind: 'trouble' };
  }
}

export function LogFacts({ log, texts }: { readonly log: ShownLog; readonly texts: Texts }) {
  const { archive } = texts;
  if (log.kind === 'none') return <p class="muted">{archive.noLog}</p>;
  if (log.kind === 'trouble') return <p class="notice">{archive.logAway}</p>;
  const { checkpoint, note, verifier } = log.head;
  const rows = [
    [archive.origin, <Data>{verifier.name}</Data>],
    [archive.entries, <Data>{number(texts, checkpoint.size)}</Data>],
    [archive.root, <Data>{checkpoint.root.toString('base64')}</Data>],
    [archive.key, <Data>{verifier.text}</Data>],
  ] as const;
  return (
    <>
      <p>{archive.logLead}</p>
      <Facts rows={rows} />
      <details>
        <summary>{archive.checkpoint}</summary>
        <pre class="note" dir="ltr" lang="en">
          {note}
        </pre>
      </details>
      <p class="links">
        <a href="/api/v1/log/checkpoint">{archive.checkpoint}</a>
        <a href="/api/v1/log/key">{archive.key}</a>
      </p>
    </>
  );
}
