/** Covers `ooni-fastpath replay --fingerprints` (a set that was once in use, by its hash), src/core/sql/migrations/0012_fingerprints_of_rows.ts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fingerprintSetSha256 } from '../../../src/core/fingerprints/fingerprintSet.ts';
import { FINGERPRINT_HEADER } from '../../core/sources/files.ts';
import { startClickHouse } from '../../support/clickhouse.ts';
import { blocked, newUid, post } from './archive.ts';
import { replayFixture } from './fixture.ts';

const server = await startClickHouse();
t.teardown(() => server.stop());

t.test('scores follow from the set that was asked for, not from the one in use', async (t) => {
  const fixture = await replayFixture(t, server);
  const dir = t.testdir({});
  writeFileSync(join(dir, `${newUid('webconnectivity')}.post`), post(blocked()));
  const csv = (...rows: string[]) =>
    Buffer.from(`\ufeff${[FINGERPRINT_HEADER, ...rows].join('\r\n')}\r\n`);
  const keep = async (dns: Buffer, http: Buffer, sha256 = fingerprintSetSha256(dns, http)) => {
    const values = [{ sha256, dns: dns.toString(), http: http.toString() }];
    await fixture.client.insert({ table: 'fingerprint_sets', values, format: 'JSONEachRow' });
    return sha256;
  };
  const before = await keep(csv(), csv('old,nat,,body,contains,BLOCKED BY ORDER,5,IT,,,'));
  const other = await keep(csv(), csv('other,nat,,body,contains,something else,5,IT,,,'));
  await fixture.fingerprint('another page');
  const setOfRow = async () => {
    const query = 'SELECT fingerprints_sha256 AS sha256 FROM fastpath FINAL';
    const answer = await fixture.client.query({ query, format: 'JSONEachRow' });
    return (await answer.json<{ sha256: string }>()).map(({ sha256 }) => sha256);
  };
  const confirmed = async (fingerprints?: string) => {
    const args = { files: [dir], ...(fingerprints === undefined ? {} : { fingerprints }) };
    t.equal((await fixture.replay(args)).code, 0);
    return (await fixture.rows()).map(({ confirmed, scores }) => [
      confirmed,
      /"old"/.test(scores) ? 'old' : undefined,
    ]);
  };
  t.strictSame(await confirmed(), [['f', undefined]], 'the set in use');
  t.strictSame(await setOfRow(), [''], 'tables that were filled by hand are no published set');
  t.strictSame(await confirmed(before), [['t', 'old']]);
  t.strictSame(await setOfRow(), [before], 'the row tells its set');
  t.strictSame(await confirmed(other), [['f', undefined]]);
  t.strictSame(await confirmed(before), [['t', 'old']]);
  // The tables need not hold anything.
  await fixture.client.command({ query: 'TRUNCATE TABLE fingerprints_http' });
  t.strictSame(await confirmed(before), [['t', 'old']]);

  const damaged = await keep(csv(), csv('x,nat,,body,contains,BLOCKED,5,IT,,,'), 'a'.repeat(64));
  for (const none of [
    damaged,
    'b'.repeat(64),
    before.slice(1),
    `${before.toUpperCase()}`,
    "' OR 1",
  ])
    await t.rejects(fixture.replay({ files: [dir], fingerprints: none }), {
      exitCode: 64,
      message: /--fingerprints: expected the SHA-256 of a set in the table fingerprint_sets/,
    });
  t.equal((await fixture.rows())[0]!.confirmed, 't', 'and nothing was replayed');
});
