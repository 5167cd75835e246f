/** The sections of api.toml on accounts and mail. */
import { z } from 'zod';
import { absolutePath, count } from './common.ts';

const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, {
    error: 'the name of a host, in small letters and without port',
  });

export const accountsSection = z.strictObject({
  /** File with the keys; the systemd credential `account-keys` wins over it. */
  keys_file: absolutePath.optional(),
  /** A session that is not refreshed ends after these. */
  session_days: count(1, 365, 10),
  /** One must log in again after these. */
  login_days: count(1, 365, 10),
  /** Pages that a login may lead to. */
  redirect_hosts: z
    .array(hostName)
    .max(64)
    .default([
      'explorer.ooni.org',
      'explorer.test.ooni.org',
      'explorer.dev.ooni.org',
      'run.ooni.io',
      'run.ooni.org',
      'run.test.ooni.org',
      'run-v2.ooni.org',
      'test-lists.ooni.org',
      'test-lists.test.ooni.org',
    ]),
  /** Login mails an hour, all workers of this host together: asked for by one client, to one address, in all. */
  mails_per_client: count(1, 10_000, 20),
  mails_per_address: count(1, 1_000, 5),
  mails_in_all: count(1, 1_000_000, 500),
});

export const mailSection = z.strictObject({
  /** Who mails are from. */
  from: z
    .string()
    .max(320)
    .regex(/^(?:[^<>\r\n"@,;]+ <[^<>\s@,;]+@[^<>\s@,;]+>|[^<>\s@,;]+@[^<>\s@,;]+)$/, {
      error: 'an address of mail, like "OONI <noreply@example.org>"',
    })
    .optional(),
  /** An SMTP server: by default this host's own, which any mail server of Debian is. */
  smtp_url: z
    .string()
    .regex(/^smtps?:\/\/(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?\/?$/, {
      error: 'smtp://host:port or smtps://host:port, without user and password',
    })
    .default('smtp://127.0.0.1:25'),
  username: z.string().min(1).optional(),
  /** File with the password; the systemd credential `smtp-password` wins over it. */
  password_file: absolutePath.optional(),
  /** A program that takes a mail as sendmail does, in place of the server. */
  sendmail: absolutePath.optional(),
  timeout_ms: count(100, 120_000, 10_000),
});
