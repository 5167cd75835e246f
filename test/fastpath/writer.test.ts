import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { storedQuery } from '../../src/fastpath/rowStore.ts';
import { makeWriter, type PendingRow, type RowStore } from '../../src/fastpath/writer.ts';
import { makeLog } from '../../src/log/log.ts';

class BadRow extends Error {}

const row = (uid: string, extra: Partial<PendingRow> = {}): PendingRow => ({
  uid,
  testName: 'ndt',
  measurementStartTime: '2026-08-21 10:15:03',
  row: `{"uid":"${uid}"}`,
  openvpnRow: undefined,
  fromPredecessor: false,
  ...extra,
});

function setUp(
  store: Partial<RowStore>,
  options: { flushRows?: number; flushAfterMs?: number } = {},
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
      isRowError: (error) => error instanceof BadRow,
      ...store,
    },
    flushRows: options.flushRows ?? 3,
    flushAfterMs: options.flushAfterMs ?? 5,
    log: makeLog({ level: 'debug', journald: true, write: (line) => lines.push(line) }),
    onStored: async ({ uid }) => void stored.push(uid),
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
  writer.add(row('a', { fromPredecessor: true }));
  writer.add(row('b', { fromPredecessor: true }));
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

t.test('the question for stored rows quotes what it is given', async (t) => {
  const query = storedQuery([
    { uid: 'a', measurementStartTime: '2026-08-21 10:15:03' },
    { uid: "b'\\", measurementStartTime: '2026-08-21 10:15:03' },
  ]);
  t.match(query, "measurement_start_time IN ('2026-08-21 10:15:03')");
  t.match(query, "measurement_uid IN ('a', 'b\\'\\\\')");
});
