/**
 * Covers src/core/sql/literal.ts, src/fastpath/{batchWriter, pendingRow, rowQueue, rowStore}.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { storedUidsSql } from '../../src/core/sql/fastpathTable.ts';
import type { PendingRow, RowStore } from '../../src/fastpath/pendingRow.ts';
import { makeWriter } from '../../src/fastpath/writer.ts';
import { makeLog } from '../../src/log/log.ts';

class BadRow extends Error {}

const row = (uid: string, extra: Partial<PendingRow> = {}): PendingRow => ({
  uid,
  testName: 'ndt',
  measurementStartTime: '2026-08-21 10:15:03',
  row: `{"uid":"${uid}"}`,
  openvpnRow: undefined,
  mayBeStored: false,
  ...extra,
});

function setUp(
  store: Partial<RowStore>,
  options: { flushRows?: number; flushBytes?: number; flushAfterMs?: number } = {},
) {
  const lines: string[] = [];
  const inserted: { table: string; uids: string[]; token: string }[] = [];
  const stored: string[] = [];
  const refused: string[] = [];
  const writer = makeWriter({
    store: {
      async insert(table, rows, token) {
        inserted.push({ table, uids: rows.map((text) => JSON.parse(text).uid), token });
      },
      stored: async () => new Set(),
      answers: async () => false,
      isRowError: (error) => error instanceof BadRow,
      ...store,
    },
    flushRows: options.flushRows ?? 3,
    flushBytes: options.flushBytes ?? 1_000_000,
    flushAfterMs: options.flushAfterMs ?? 5,
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onStored: async (rows) => void stored.push(...rows.map(({ uid }) => uid)),
    onRefused: async ({ uid }, reason) => void refused.push(`${uid}: ${reason}`),
    onRoom: () => {},
    retryPauseMs: { first: 1, most: 4 },
  });
  return { writer, inserted, stored, refused, lines };
}

const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(1);
};

t.test('a batch is written when it is full, or old enough', async (t) => {
  const { writer, inserted, stored } = setUp({}, { flushAfterMs: 20 });
  for (const uid of ['a', 'b', 'c']) writer.add(row(uid));
  await until(() => stored.length === 3);
  t.strictSame(
    inserted.map(({ uids }) => uids),
    [['a', 'b', 'c']],
  );
  writer.add(row('d'));
  await until(() => stored.length === 4);
  t.strictSame(
    inserted.map(({ uids }) => uids),
    [['a', 'b', 'c'], ['d']],
  );
});

t.test(
  'no room while ClickHouse is down; the same batch again with the same token until it is back',
  async (t) => {
    const tokens: string[] = [];
    let up = false;
    const { writer, stored, lines } = setUp({
      async insert(_table, _rows, token) {
        tokens.push(token);
        if (!up) throw new Error('connect ECONNREFUSED');
      },
    });
    for (const uid of ['a', 'b', 'c']) writer.add(row(uid));
    for (const uid of ['d', 'e', 'f']) writer.add(row(uid));
    t.equal(writer.room(), 0);
    await until(() => tokens.length > 3);
    t.equal(writer.inTrouble, true);
    t.strictSame(stored, [], 'nothing leaves pending/ unconfirmed');
    up = true;
    await until(() => stored.length === 6);
    t.equal(new Set(tokens).size, 2);
    t.equal(writer.inTrouble, false);
    t.match(lines[0], /^<3>cannot write to ClickHouse: .* error="connect ECONNREFUSED"/);
    t.match(lines.at(-1), /^<6>ClickHouse takes rows again/);
  },
);

t.test('the one row that is refused is found, the others are stored', async (t) => {
  for (const bad of [['a'], ['e'], ['c', 'd'], ['a', 'b', 'c', 'd', 'e']]) {
    const all = ['a', 'b', 'c', 'd', 'e'];
    const { writer, stored, refused } = setUp(
      {
        async insert(_table, rows) {
          if (rows.some((text) => bad.includes(JSON.parse(text).uid)))
            throw new BadRow('no such date');
        },
      },
      { flushRows: 5 },
    );
    for (const uid of all) writer.add(row(uid));
    await until(() => stored.length + refused.length === 5);
    t.strictSame(
      stored.sort(),
      all.filter((uid) => !bad.includes(uid)),
    );
    t.strictSame(
      refused.sort(),
      bad.map((uid) => `${uid}: ClickHouse refused the row: no such date`),
    );
  }
});

t.test('what a predecessor stored is not inserted again', async (t) => {
  const { writer, inserted, stored } = setUp({
    stored: async (rows) => {
      t.strictSame(
        rows.map(({ uid }) => uid),
        ['a', 'b'],
      );
      return new Set(['a']);
    },
  });
  writer.add(row('a', { mayBeStored: true }));
  writer.add(row('b', { mayBeStored: true }));
  writer.add(row('c'));
  await until(() => stored.length === 3);
  t.strictSame(
    inserted.map(({ uids }) => uids),
    [['b', 'c']],
  );
});

t.test('an openvpn measurement has its second row, before the one that counts', async (t) => {
  const { writer, inserted, stored } = setUp({});
  writer.add(row('a', { openvpnRow: '{"uid":"a"}' }));
  writer.add(row('b'));
  writer.add(row('c'));
  await until(() => stored.length === 3);
  t.strictSame(
    inserted.map(({ table, uids }) => [table, uids]),
    [
      ['obs_openvpn', ['a']],
      ['fastpath', ['a', 'b', 'c']],
    ],
  );
});

t.test('close writes what is there', async (t) => {
  const { writer, stored } = setUp({}, { flushAfterMs: 60_000 });
  writer.add(row('a'));
  await writer.close(10_000);
  t.strictSame(stored, ['a']);
});

t.test('close gives up on a dead ClickHouse; the measurements stay pending', async (t) => {
  const { writer, stored, refused } = setUp({
    insert: async () => {
      throw new Error('down');
    },
  });
  writer.add(row('a'));
  await writer.close(20);
  t.strictSame([stored, refused], [[], []]);
});

t.test('close ends an insert that hangs, and takes no row after that', async (t) => {
  let inserts = 0;
  const { writer, stored, refused, lines } = setUp({
    insert: (_table, _rows, _token, signal) => {
      inserts++;
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    },
  });
  writer.add(row('a'));
  await until(() => inserts === 1);
  await writer.close(20);
  writer.add(row('b'));
  writer.add(row('c'));
  writer.add(row('d'));
  await sleep(30);
  t.strictSame([inserts, stored, refused, lines], [1, [], [], []]);
});

t.test('a batch and its room are bounded by bytes too', async (t) => {
  let release!: () => void;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const batches: string[][] = [];
  const { writer, stored } = setUp(
    {
      async insert(_table, rows) {
        batches.push(rows.map((text) => JSON.parse(text).uid));
        await held;
      },
    },
    { flushRows: 1000, flushBytes: 300 },
  );
  const large = (uid: string) => row(uid, { row: JSON.stringify({ uid, text: 'x'.repeat(200) }) });
  for (const uid of ['a', 'b']) writer.add(large(uid));
  t.ok(writer.room() > 0, 'a full batch is on its way, the next one is empty');
  for (const uid of ['c', 'd', 'e']) writer.add(large(uid));
  t.equal(writer.room(), 0);
  release();
  await until(() => stored.length === 5);
  t.strictSame(batches, [['a', 'b'], ['c', 'd'], ['e']]);
});

t.test('a batch that is too much for a server that answers is halved', async (t) => {
  const asked: string[][] = [];
  const tokens = new Set<string>();
  const { writer, inserted, stored, lines } = setUp(
    {
      async insert(table, rows, token) {
        tokens.add(token);
        if (rows.length > 2) throw new Error('MEMORY_LIMIT_EXCEEDED');
        inserted.push({ table, uids: rows.map((text) => JSON.parse(text).uid), token });
      },
      answers: async () => true,
      // The answer to an attempt was lost, not its rows.
      stored: async (rows) => {
        asked.push(rows.map(({ uid }) => uid));
        return new Set(['a']);
      },
    },
    { flushRows: 5 },
  );
  for (const uid of ['a', 'b', 'c', 'd', 'e']) writer.add(row(uid));
  await until(() => stored.length === 5);
  t.strictSame(
    inserted.map(({ uids }) => uids),
    [['b'], ['c'], ['d', 'e']],
  );
  t.strictSame(asked[0], ['a', 'b'], 'no row is inserted twice');
  t.match(lines.join(''), /<4>ClickHouse answers, and does not take a batch: it is halved rows=5/);
  t.equal(writer.inTrouble, false);
});

t.test('a server that answers nothing keeps its batch whole', async (t) => {
  let failures = 0;
  const { writer, inserted, stored } = setUp({
    async insert(table, rows, token) {
      if (failures++ < 8) throw new Error('connect ECONNREFUSED');
      inserted.push({ table, uids: rows.map((text) => JSON.parse(text).uid), token });
    },
  });
  for (const uid of ['a', 'b', 'c']) writer.add(row(uid));
  await until(() => stored.length === 3);
  t.equal(inserted.length, 1);
});

const uids = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `u${from + index}`);

t.test('a server that refuses every row is in trouble, and no row is lost to it', async (t) => {
  for (const flushRows of [64, 1]) {
    let drifted = true;
    let refusals = 0;
    const { writer, stored, refused, lines } = setUp(
      {
        async insert() {
          if (!drifted) return;
          refusals++;
          throw new BadRow('no such column');
        },
      },
      { flushRows, flushAfterMs: 1 },
    );
    for (const uid of uids(0, 64)) writer.add(row(uid));
    await until(() => writer.inTrouble && refusals > 300);
    // One at a time, the first ones cannot be told from bad rows.
    t.equal(refused.length, flushRows === 1 ? 19 : 0);
    t.strictSame(stored, []);
    t.match(lines[0], /^<3>ClickHouse refuses every row: .*ooni-api migrate.*no such column/);
    drifted = false;
    await until(() => stored.length + refused.length === 64);
    t.equal(refused.length, flushRows === 1 ? 19 : 0);
  }
});

t.test('many bad rows before a good one do not hold it up for good', async (t) => {
  const bad = new Set(uids(0, 50));
  const { writer, stored, refused } = setUp(
    {
      async insert(_table, rows) {
        if (rows.some((text) => bad.has(JSON.parse(text).uid))) throw new BadRow('no such date');
      },
    },
    { flushRows: 50, flushAfterMs: 1 },
  );
  for (const uid of uids(0, 50)) writer.add(row(uid));
  await until(() => writer.inTrouble);
  for (const uid of uids(50, 3)) writer.add(row(uid));
  await until(() => stored.length === 3 || refused.length === 50);
  writer.add(row('late'));
  await until(() => stored.length + refused.length === 54);
  t.equal(refused.length, 50);
});

t.test('no error of the question for stored rows ends the writer', async (t) => {
  let failures = 0;
  const { writer, stored } = setUp({
    stored: async () => {
      if (failures++ < 3) throw new BadRow('TYPE_MISMATCH');
      return new Set();
    },
  });
  writer.add(row('a', { mayBeStored: true }));
  await until(() => stored.length === 1);
  t.equal(failures, 4);
});

t.test('a row that was scored otherwise has another token', async (t) => {
  const { writer, inserted, stored } = setUp({}, { flushRows: 1 });
  writer.add(row('a'));
  writer.add(row('a', { row: '{"uid":"a","anomaly":"t"}' }));
  writer.add(row('a'));
  await until(() => stored.length === 3);
  const [one, other, again] = inserted.map(({ token }) => token);
  t.not(one, other);
  t.equal(one, again);
});

t.test('the question for stored rows quotes what it is given', async (t) => {
  const query = storedUidsSql([
    { uid: 'a', measurementStartTime: '2026-08-21 10:15:03' },
    { uid: "b'\\", measurementStartTime: '2026-08-21 10:15:03' },
  ]);
  t.match(query, "measurement_start_time IN ('2026-08-21 10:15:03')");
  t.match(query, "measurement_uid IN ('a', 'b\\'\\\\')");
});
