/** Says once in a while, not once a request, that the spool cannot be written and what to do. */
import { errorText, type Log } from '../../../log/log.ts';
import { type OncePer, oncePer } from '../../../log/oncePer.ts';
import { diskAdvice } from '../../../program/diskTrouble.ts';

export interface StorageFaults {
  report(what: StorageTask, directory: string, error: unknown): void;
}

/** What the spool was asked for. */
export type StorageTask = 'store' | 'remember';

const SAY_AGAIN_AFTER_MS = 10_000;

export function makeStorageFaults(log: Log, nowMs: () => number = Date.now): StorageFaults {
  const kinds = new Map<string, OncePer>();
  return {
    report(what, directory, error) {
      const kind = what + ((error as NodeJS.ErrnoException).code ?? '');
      const inTime = kinds.get(kind) ?? oncePer(SAY_AGAIN_AFTER_MS, nowMs);
      kinds.set(kind, inTime);
      const advice = diskAdvice(error, directory);
      inTime((unsaid) => {
        const fields = { error: errorText(error), suppressed: unsaid || undefined };
        if (what === 'store')
          log.err(`cannot store measurements, probes get 503: ${advice}`, fields);
        else log.err(`cannot remember submissions: ${advice}`, fields);
      });
    },
  };
}
