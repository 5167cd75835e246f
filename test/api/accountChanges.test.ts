/** Changes of an account by several at once. The rows are made up; what the engine makes of them: accounts.test.ts. */
import t from 'tap';
import { changeAccount } from '../../src/api/accountChanges.ts';
import type { AccountRow } from '../../src/core/accounts/accountRoles.ts';

const NOW_MS = Date.parse('2026-07-15T12:00:00Z');
const HOUR_MS = 3_600_000;

interface Written {
  readonly role: string;
  readonly sessions_since: number;
  readonly update_time: string;
}

/** A table of one account's rows; `meanwhile` happens after the first row was read, and before the next is written. */
function table(rows: Written[], meanwhile: () => void = () => {}) {
  let wait = meanwhile;
  const newest = (): AccountRow | undefined => {
    const last = rows.toSorted((a, b) => Number(a.update_time) - Number(b.update_time)).at(-1);
    return (
      last && {
        account_id: 'a',
        role: last.role,
        sessions_since: Math.max(...rows.map(({ sessions_since }) => sessions_since)),
        update_time: new Date(Number(last.update_time) * 1_000).toISOString(),
      }
    );
  };
  return {
    read: async () => newest(),
    writer: {
      async insert(_table: string, row: string) {
        wait();
        wait = () => {};
        rows.push(JSON.parse(row) as Written);
      },
    },
    nowMs: () => NOW_MS,
  };
}
const at = (ms: number, role: string, sessionsSinceS = 0): Written => ({
  role,
  sessions_since: sessionsSinceS,
  update_time: (ms / 1_000).toFixed(6),
});
const toRole = (role: string) => (before: AccountRow | undefined) => ({
  role,
  sessionsSinceS: before?.sessions_since ?? 0,
});

t.test('a role that is given while sessions are ended does not bring them back', async (t) => {
  const rows = [at(NOW_MS - HOUR_MS, 'admin')];
  const account = table(rows, () => rows.push(at(NOW_MS, 'admin', 77)));
  t.match(await changeAccount(account, 'a', toRole('user')), { role: 'user', sessions_since: 77 });
  t.match(rows.at(-1), { role: 'user', sessions_since: 77 }, 'in the newest row, which is kept');
});

t.test('what is written last counts, were the clock of another host ahead', async (t) => {
  const rows = [at(NOW_MS + HOUR_MS, 'admin', 5)];
  t.match(await changeAccount(table(rows), 'a', toRole('user')), {
    role: 'user',
    sessions_since: 5,
  });
  t.equal(rows.length, 2);
});

t.test('the first row of an account', async (t) => {
  const rows: Written[] = [];
  t.match(await changeAccount(table(rows), 'a', toRole('admin')), { role: 'admin' });
  t.ok(Math.abs(Number(rows[0]!.update_time) * 1_000 - NOW_MS) < 2);
});

t.test('somebody who ends sessions all the time does not keep it going for ever', async (t) => {
  const rows: Written[] = [];
  const account = table(rows);
  let sinceS = 0;
  const busy = {
    ...account,
    read: async () => {
      rows.push(at(NOW_MS, 'user', ++sinceS));
      return account.read();
    },
  };
  await changeAccount(busy, 'a', toRole('admin'));
  t.ok(rows.length < 20);
});
