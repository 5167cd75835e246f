/**
 * Compares where measurements say that they were made with where they come from, after the answer and beside
 * it: what ClickHouse does not take is dropped and counted, and no address is kept.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Locate } from '../core/probe/location.ts';
import { type Claimed, comparePlaces, mismatchRow } from '../core/probe/placeMismatch.ts';
import { makeRecentTexts } from '../core/probe/recentTexts.ts';
import type { ClickHouseClient } from '../edge/clickhouse/clickhouseClient.ts';
import { insertLines } from '../edge/clickhouse/insert.ts';
import { errorText, type Log } from '../log/log.ts';
import { oncePer } from '../log/oncePer.ts';
import type { ApiMetrics } from './apiMetrics.ts';

export interface PlaceMismatches {
  /** Of a measurement that is stored, from this sender or another; never throws and never waits. */
  record(measurementUid: string, claimed: Claimed, clientAddress: string): void;
  /** Writes what is left, within a bound. */
  close(): Promise<void>;
}

/** Measurements and places that are known at least to have been compared: the same again tells nothing new. */
const LEAST_COMPARED = 5_000;
/** Rows that wait to be written; more are dropped. */
const MAX_WAITING = 2_000;
const WRITE_EVERY_MS = 5_000;
const INSERT_TIMEOUT_MS = 10_000;
const CLOSE_WITHIN_MS = 2_000;
const SAY_AGAIN_AFTER_MS = 3_600_000;

export function watchPlaces(parts: {
  readonly locate: Locate;
  readonly client: ClickHouseClient;
  readonly metrics: Pick<ApiMetrics, 'probePlaces' | 'mismatchesDropped'>;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly writeEveryMs?: number;
}): PlaceMismatches {
  const { locate, client, metrics, log } = parts;
  const sayDropped = oncePer(SAY_AGAIN_AFTER_MS);
  const compared = makeRecentTexts(LEAST_COMPARED);
  let rows: string[] = [];
  let writing: Promise<void> | undefined;

  const write = async () => {
    const lines = rows;
    rows = [];
    try {
      const signal = AbortSignal.timeout(INSERT_TIMEOUT_MS);
      await insertLines(client, 'faulty_measurements', lines, randomUUID(), signal);
    } catch (error) {
      metrics.mismatchesDropped.inc(lines.length);
      sayDropped(() =>
        log.warning('differences of places are not recorded; measurements are', {
          error: errorText(error),
        }),
      );
    }
  };
  /** One batch at a time. */
  const writeAll = () => {
    if (writing !== undefined || rows.length === 0) return;
    writing = write().finally(() => {
      writing = undefined;
    });
  };
  const timer = setInterval(writeAll, parts.writeEveryMs ?? WRITE_EVERY_MS);
  timer.unref();

  return {
    record(measurementUid, claimed, clientAddress) {
      const located = locate(clientAddress);
      if (!compared.isNew(`${measurementUid} ${located.cc} ${located.asn}`)) return;
      const check = comparePlaces(claimed, located);
      if (typeof check === 'string') {
        metrics.probePlaces.inc({ outcome: check });
        return;
      }
      for (const outcome of check) metrics.probePlaces.inc({ outcome });
      if (rows.length >= MAX_WAITING) metrics.mismatchesDropped.inc();
      else rows.push(mismatchRow(measurementUid, claimed, located, parts.nowMs()));
    },
    async close() {
      clearInterval(timer);
      const last = async () => {
        await writing;
        writeAll();
        await writing;
      };
      await Promise.race([last(), sleep(CLOSE_WITHIN_MS, undefined, { ref: false })]);
    },
  };
}
