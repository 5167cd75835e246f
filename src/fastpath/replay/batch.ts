/** Some measurements of one object: how many at once, and what becomes of each. */
import type { ClickHouseClient } from '../../edge/clickhouse/clickhouseClient.ts';
import type { Log } from '../../log/log.ts';
import type { Outage } from './outage.ts';
import type { Item } from './read.ts';
import type { Job, JobResult } from './replayMessages.ts';
import type { Counts } from './replayProgress.ts';
import type { Rows } from './replayRows.ts';
import { type FoundUid, findUids } from './replayUids.ts';
import type { Scorer } from './scorer.ts';

export interface Batch {
  readonly items: readonly Item[];
  /** What it takes of the budget. */
  readonly costBytes: number;
}

const MAX_BYTES = 8 * 1024 * 1024;
/** A measurement is more in memory than its bytes. */
const ITEM_COST_BYTES = 16_384;

export async function* batchesOf(
  items: AsyncIterable<Item>,
  maxItems: number,
): AsyncGenerator<Batch> {
  let batch: Item[] = [];
  let costBytes = 0;
  for await (const item of items) {
    batch.push(item);
    costBytes += ITEM_COST_BYTES + sizeOf(item);
    if (batch.length < maxItems && costBytes < MAX_BYTES) continue;
    yield { items: batch, costBytes };
    batch = [];
    costBytes = 0;
  }
  if (batch.length > 0) yield { items: batch, costBytes };
}

function sizeOf(item: Item): number {
  if (item.kind === 'unreadable') return 0;
  return item.kind === 'yaml' ? item.header.length + item.entry.length : item.bytes.length;
}

export interface BatchReplayer {
  /**
   * Resolves when each measurement has been scored and its row waits to be written; `written` when
   * ClickHouse has answered for all of them. Rejects when it does not answer any more.
   */
  replay(key: string, items: readonly Item[]): Promise<{ readonly written: Promise<unknown> }>;
}

export function makeBatchReplayer(parts: {
  readonly scorer: Scorer;
  readonly rows: Rows;
  readonly client: ClickHouseClient;
  readonly outage: Outage;
  readonly counts: Counts;
  readonly log: Log;
}): BatchReplayer {
  const { scorer, counts } = parts;

  /** A result at once, or the job that gives it. */
  type Step = { readonly where: string } & ({ readonly job: Job } | { readonly result: JobResult });

  const stepOf = (item: Exclude<Item, { kind: 'line' }>): Step => {
    const { where } = item;
    if (item.kind === 'unreadable') return { where, result: { ...item, kind: 'failed' } };
    return { where, job: item };
  };

  /** Lines have no uid: what each is must be known before it is looked up. */
  const stepsOfLines = async (
    key: string,
    lines: readonly Extract<Item, { kind: 'line' }>[],
  ): Promise<Step[]> => {
    const results = await Promise.all(
      lines.map(({ bytes }) => scorer.run({ kind: 'identify', bytes })),
    );
    const identified = lines.flatMap(({ number }, index) => {
      const result = results[index]!;
      return result.kind === 'identity' ? [{ number, identity: result.identity }] : [];
    });
    const found =
      identified.length === 0
        ? []
        : await parts.outage.ask(() => findUids(parts.client, key, identified));
    const uids = new Map(identified.map(({ number }, index) => [number, found[index]!]));
    return lines.map(({ number, bytes, where }, index) => {
      const uid = uids.get(number);
      if (uid === undefined) return { where, result: results[index]! };
      return { where, ...lineStep(uid, bytes) };
    });
  };

  return {
    async replay(key, items) {
      const lines = items.filter((item) => item.kind === 'line');
      const others = items.filter((item) => item.kind !== 'line');
      const steps = [...others.map(stepOf), ...(await stepsOfLines(key, lines))];
      const written: Promise<void>[] = [];

      const fail = (where: string, measurementUid: string | undefined, reason: string) => {
        counts.failed++;
        parts.log.warning('measurement not replayed', {
          object: key,
          where: where === '' ? undefined : where,
          measurement_uid: measurementUid,
          reason,
        });
      };

      const finish = async (step: Step) => {
        const { where } = step;
        const result = 'result' in step ? step.result : await scorer.run(step.job);
        counts.measurements++;
        switch (result.kind) {
          case 'row': {
            const { measurementUid } = result;
            const row = await parts.rows.add(result);
            written.push(
              row.written.then((answer) => {
                if (answer.kind === 'stored') counts.rows++;
                else fail(where, measurementUid, answer.reason);
              }),
            );
            break;
          }
          case 'failed': {
            const uid = result.measurementUid ?? uidOf(step);
            fail(where, uid, result.reason);
            break;
          }
          case 'discard':
            counts.discarded++;
            break;
          case 'unwanted':
            counts.unwanted++;
            break;
          case 'empty':
            counts.empty++;
            break;
          case 'identity':
            throw new Error('a line was identified and not scored');
        }
      };

      await Promise.all(steps.map(finish));
      return { written: Promise.all(written) };
    },
  };
}

function lineStep(found: FoundUid, bytes: Uint8Array): { job: Job } | { result: JobResult } {
  if (found.kind === 'uid') {
    const { measurementUid, isVerified } = found;
    return { job: { kind: 'line', measurementUid, isVerified, bytes } };
  }
  const reason = `its uid is unknown, and ${found.rows} rows have its report id, input and start time: none was replaced`;
  return { result: { kind: 'failed', reason } };
}

function uidOf(step: object): string | undefined {
  const { job } = step as { job?: { measurementUid?: string } };
  return job?.measurementUid;
}
