/** The history of a job whose content is this host's alone: a line for each version, in a file beside it. */
import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { History } from '../../core/sources/store.ts';
import { isMissing } from '../../disk/missing.ts';

const entrySchema = z.object({
  kind: z.enum(['fetched', 'back']),
  version: z.object({
    sha256: z.string(),
    source: z.string(),
    validators: z.record(z.string(), z.string()),
    takenAtMs: z.number(),
    rows: z.number(),
  }),
  withdrawn: z.string(),
  host: z.string(),
});

export function openFileHistory(file: string): History {
  return {
    async read(_job, limit) {
      const text = await readFile(file, 'utf8').catch((error) => {
        if (isMissing(error)) return '';
        throw error;
      });
      return text
        .split('\n')
        .slice(-limit - 1)
        .flatMap((line) => {
          // The last line of a host that lost its power is not whole.
          const entry = entrySchema.safeParse(parseOr(line));
          return entry.success ? [entry.data] : [];
        })
        .reverse()
        .slice(0, limit);
    },
    add: (_job, entry) => appendFile(file, `${JSON.stringify(entry)}\n`),
  };
}

function parseOr(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
