/** Covers src/config/{accounts, accountSecrets}.ts. */
import { join } from 'node:path';
import t from 'tap';
import { readAccountSecrets } from '../../src/config/accountSecrets.ts';
import { apiSchema } from '../../src/config/api.ts';
import { parseConfig } from '../../src/config/load.ts';

const minimal =
  'collector_id = "1"\nbase_url = "https://api.example.org"\n[s3]\nbucket = "archive"\n';
const parse = (text: string) => parseConfig('f.toml', minimal + text, apiSchema);

t.test('what does not fit is told', async (t) => {
  for (const [text, error] of [
    ['[mail]\nfrom = "a@b.org, c@d.org"', /mail.from: expected an address of mail/],
    ['[mail]\nfrom = "A\\nBcc: x <a@b.org>"', /mail.from: expected an address of mail/],
    ['[mail]\nsmtp_url = "smtp://user:hunter2@mail.example.org"', /without user and password/],
    ['[mail]\nsmtp_url = "https://mail.example.org"', /mail.smtp_url: expected smtp:/],
    ['[mail]\nsendmail = "sendmail"', /an absolute path/],
    ['[accounts]\nredirect_hosts = ["https://x.org"]', /the name of a host/],
    ['[accounts]\nsession_days = 0', /at least 1/],
  ] as const) {
    t.throws(() => parse(text), { name: 'ConfigError', message: error });
    t.notMatch(String(t.throws(() => parse(text))), 'hunter2');
  }
  const { mail } = parse('[mail]\nfrom = "OONI <a@b.org>"\nsmtp_url = "smtp://[::1]:25"');
  t.match(
    parse('[mail]\nfrom = "OONI <a@b.org>"').mail,
    { smtp_url: 'smtp://127.0.0.1:25', sendmail: undefined },
    "without more, this host's own mail server",
  );
  t.match(mail, { from: 'OONI <a@b.org>', smtp_url: 'smtp://[::1]:25' });
});

t.test('secrets come from credentials or files, and are never told', async (t) => {
  const key = 'k'.repeat(32);
  const dir = t.testdir({
    'account-keys': `hashing_key=h\nsigning_key=${key}\n`,
    'smtp-password': 'secret\n',
    bad: { 'account-keys': `hashing_key=${key}\nsigning_key=${key}\n` },
    empty: {},
  });
  t.strictSame(readAccountSecrets(parse(''), 'f.toml', { CREDENTIALS_DIRECTORY: dir }), {
    accountKeys: { hashingKey: 'h', signingKeys: [key] },
    smtpPassword: 'secret',
  });
  const files = parse(`[accounts]\nkeys_file = "${join(dir, 'account-keys')}"`);
  t.match(readAccountSecrets(files, 'f.toml', {}), { accountKeys: { hashingKey: 'h' } });
  t.strictSame(
    readAccountSecrets(parse(''), 'f.toml', { CREDENTIALS_DIRECTORY: join(dir, 'empty') }),
    { accountKeys: undefined, smtpPassword: undefined },
  );
  t.throws(
    () => readAccountSecrets(parse(''), 'f.toml', { CREDENTIALS_DIRECTORY: join(dir, 'bad') }),
    { name: 'ConfigError', message: /account-keys: expected keys that all differ$/ },
  );
  t.throws(
    () => readAccountSecrets(parse('[accounts]\nkeys_file = "/nonexistent"'), 'f.toml', {}),
    { name: 'ConfigError', message: /accounts.keys_file/ },
  );
});
