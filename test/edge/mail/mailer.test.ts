import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { MailError, makeMailer } from '../../../src/edge/mail/mailer.ts';
import { startSmtp } from '../../support/smtp.ts';

const MAIL = { subject: 'Log in', text: `Hello,\n\nhttps://x/login?token=${'a'.repeat(300)}\n` };
const options = {
  from: 'OONI <noreply@example.org>',
  smtpUrl: 'smtp://127.0.0.1:1',
  username: undefined,
  password: undefined,
  sendmail: undefined,
  timeoutMs: 20_000,
};

t.test('to an SMTP server', async (t) => {
  const smtp = await startSmtp();
  t.teardown(() => smtp.close());
  const mailer = makeMailer({ ...options, smtpUrl: smtp.url });
  t.teardown(() => mailer.close());
  await mailer.send('nick@example.org', MAIL);
  const [mail] = smtp.mails;
  t.strictSame(mail?.to, ['nick@example.org']);
  t.match(mail?.text, /^From: OONI <noreply@example.org>$/m);
  t.match(mail?.text, /^Auto-Submitted: auto-generated$/im);
  t.match(mail?.text, MAIL.text.trim(), 'the link is whole');

  smtp.recipientAnswer = '550 5.1.1 <ADDRESS> is not known here';
  await t.rejects(mailer.send('secret@example.org', MAIL), { name: 'MailError', message: /550/ });
  const error = await mailer.send('secret@example.org', MAIL).catch((thrown) => thrown as Error);
  t.notMatch(String(error), 'secret', "nobody's address in what is logged");
});

t.test('a server that is not there, or says nothing', async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const at = (smtpUrl: string, timeoutMs: number) => makeMailer({ ...options, smtpUrl, timeoutMs });
  await t.rejects(at(`smtp://127.0.0.1:${port}`, 300).send('a@example.org', MAIL), MailError);
  await t.rejects(at('smtp://127.0.0.1:1', 5_000).send('a@example.org', MAIL), {
    message: /the SMTP server: E/,
  });
});

t.test('a login link goes to no other host in clear', async (t) => {
  const smtp = await startSmtp();
  t.teardown(() => smtp.close());
  // The same server by a name that is not loopback's: it offers no STARTTLS.
  const mailer = makeMailer({ ...options, smtpUrl: smtp.url.replace('127.0.0.1', '127.0.0.2') });
  await t.rejects(mailer.send('a@example.org', MAIL), MailError);
  t.strictSame(smtp.mails, []);
});

t.test('by a program as sendmail is one', async (t) => {
  const dir = t.testdir({});
  const program = (text: string) => {
    const path = join(dir, 'sendmail');
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return makeMailer({ ...options, sendmail: path });
  };
  await program(`echo "$*" >${dir}/args; cat >${dir}/mail`).send('nick@example.org', MAIL);
  t.equal(readFileSync(join(dir, 'args'), 'utf8'), '-i -t\n', 'no address on the command line');
  const mail = readFileSync(join(dir, 'mail'), 'utf8');
  t.match(mail, /^To: nick@example.org$/m);
  t.match(mail, 'https://x/login?token=');
  t.notMatch(mail, '\r');

  await t.rejects(program('cat >/dev/null; echo nick >&2; exit 67').send('n@example.org', MAIL), {
    name: 'MailError',
    message: /sendmail ended with 67$/,
  });
  await t.rejects(program('exit 1').send('n@example.org', MAIL), MailError, 'that reads nothing');
  await t.rejects(
    makeMailer({ ...options, sendmail: '/nonexistent/sendmail', timeoutMs: 200 }).send(
      'n@example.org',
      MAIL,
    ),
    {
      message: /cannot be started \(ENOENT\)/,
    },
  );
  const slow = join(dir, 'sendmail');
  writeFileSync(slow, `#!/bin/sh\nexec sleep 60\n`);
  await t.rejects(
    makeMailer({ ...options, sendmail: slow, timeoutMs: 200 }).send('n@example.org', MAIL),
    { message: /was ended by SIGKILL/ },
  );
  t.notOk(existsSync(join(dir, 'nick')));
});
