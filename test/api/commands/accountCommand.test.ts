/** `ooni-api account`, on the real engine, and what it means for a session that is in use. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type AccountAction, runAccount } from '../../../src/api/commands/accountCommand.ts';
import { PROGRAM_USER } from '../../support/clickhouse.ts';
import { startSmtp } from '../../support/smtp.ts';
import { ACCOUNT_KEYS, as, logIn, mailedToken } from '../accounts/support.ts';
import { ask, startDatabase, startService } from '../support.ts';

const smtp = await startSmtp();
t.teardown(() => smtp.close());
const clickhouseUrl = await startDatabase(t);
const dir = t.testdir({
  keys: `hashing_key=${ACCOUNT_KEYS.hashingKey}\nsigning_key=${ACCOUNT_KEYS.signingKeys[0]}\n`,
});
/** A config file with more in it. */
const configWith = (name: string, more: string, clickhouse = clickhouseUrl) => {
  const file = join(dir, name);
  writeFileSync(
    file,
    `collector_id = "1"\nbase_url = "https://api.example.org"\n${more}
[clickhouse]\nurl = "${clickhouse}"\nusername = "${PROGRAM_USER}"
[s3]\nbucket = "file://${dir}"\n`,
  );
  return file;
};
const KEYS = `[accounts]\nkeys_file = "${join(dir, 'keys')}"`;
const { url } = await startService(t, {
  clickhouseUrl,
  secrets: { accountKeys: ACCOUNT_KEYS },
  config: { mail: { from: 'noreply@example.org', smtp_url: smtp.url } },
});
const exitCode = (error: { exitCode?: number }) => error.exitCode;
const role = async (bearer: string) =>
  (await ask(`${url}/api/_/account_metadata`, as(bearer))).json as unknown;

t.test('roles are given, taken and shown, and sessions ended', async (t) => {
  const config = configWith('api.toml', KEYS);
  const run = async (action: AccountAction) => {
    let text = '';
    t.equal(await runAccount(config, action, (piece) => (text += piece)), 0);
    return text;
  };
  const emailAddress = 'Admin@OONI.org';
  const id = 'afd09e56985b9b748a7f6d26e3c28b5a';
  t.equal(await run({ kind: 'show', emailAddress }), `${id} user (no other role was given)\n`);
  t.equal(await run({ kind: 'list' }), '');
  const bearer = await logIn(url, smtp, 'admin@ooni.org');
  t.strictSame(await role(bearer), { logged_in: true, role: 'user' });

  t.match(await run({ kind: 'add-role', emailAddress, role: 'admin' }), `${id} admin changed=20`);
  t.strictSame(await role(bearer), { logged_in: true, role: 'admin' }, 'at once');
  t.match(await run({ kind: 'show', emailAddress }), `${id} admin `);
  t.match(await run({ kind: 'list' }), new RegExp(`^${id} admin changed=\\S+\\n$`));

  const token = mailedToken(smtp, 'admin@ooni.org');
  t.match(await run({ kind: 'end-sessions', emailAddress }), / admin .*sessions_since=20/);
  t.strictSame(await role(bearer), { logged_in: false, role: '' }, 'the session is over');
  t.match(
    await ask(`${url}/api/v1/user_login?k=${token}`),
    { status: 401 },
    'and so is a link that was mailed before',
  );
  t.match(await run({ kind: 'add-role', emailAddress, role: 'user' }), / user .*sessions_since=20/);

  t.equal(await runAccount(config, { kind: 'show', emailAddress: 'nobody' }).catch(exitCode), 64);
});

t.test('without keys or database it says what is wrong', async (t) => {
  await t.rejects(runAccount(configWith('no-keys.toml', ''), { kind: 'list' }), {
    name: 'ConfigError',
    message: /accounts.keys_file: expected the keys of accounts.*ooni-exec/,
  });
  const away = configWith('away.toml', KEYS, 'http://127.0.0.1:1');
  t.equal(await runAccount(away, { kind: 'list' }).catch(exitCode), 69);
});
