/**
 * Sends mail: to an SMTP server, or by a program that takes one as sendmail does. Both within a time.
 * Errors say what went wrong without anybody's address, which servers like to quote.
 */
import { spawn } from 'node:child_process';
import { createTransport } from 'nodemailer';

export interface Mailer {
  /** Resolves when the mail was taken over by the server or program. Throws MailError. */
  send(to: string, mail: { readonly subject: string; readonly text: string }): Promise<void>;
  close(): void;
}

export interface MailerOptions {
  readonly from: string;
  /** `smtp://host:port` (STARTTLS, unless it is this host) or `smtps://host:port`. */
  readonly smtpUrl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** In place of the server: called with `-i -t`, and the mail on its standard input. */
  readonly sendmail: string | undefined;
  readonly timeoutMs: number;
}

export class MailError extends Error {
  override readonly name = 'MailError';
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

export function makeMailer(options: MailerOptions): Mailer {
  const { sendmail } = options;
  return sendmail === undefined ? bySmtp(options) : bySendmail(sendmail, options);
}

/** What a program has written is not from a person, and nobody's robot need answer it. */
const HEADERS = { 'Auto-Submitted': 'auto-generated' };

function bySmtp({ smtpUrl, from, username, password, timeoutMs }: MailerOptions): Mailer {
  const url = new URL(smtpUrl);
  const secure = url.protocol === 'smtps:';
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 465 : 25)),
    secure,
    // A login link is a secret on its way: in clear on this host alone.
    requireTLS: !secure && !LOOPBACK.has(url.hostname),
    ignoreTLS: !secure && LOOPBACK.has(url.hostname),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(username === undefined ? {} : { auth: { user: username, pass: password ?? '' } }),
  });
  return {
    async send(to, { subject, text }) {
      try {
        // Each step has its own limit; a server that is slow in all of them has this one.
        await within(
          timeoutMs,
          transport.sendMail({
            from,
            to: { name: '', address: to },
            subject,
            text,
            headers: HEADERS,
          }),
        );
      } catch (error) {
        throw new MailError(smtpFault(error));
      }
    },
    close: () => transport.close(),
  };
}

/** Code and status of the server's answer, never its text. */
function smtpFault(error: unknown): string {
  if (error instanceof MailError) return error.message;
  const { code, responseCode, command } = error as {
    code?: string;
    responseCode?: number;
    command?: string;
  };
  const parts = [code ?? 'error', responseCode, command].filter((part) => part !== undefined);
  return `the SMTP server: ${parts.join(' ')}`;
}

function bySendmail(sendmail: string, { from, timeoutMs }: MailerOptions): Mailer {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    async send(to, { subject, text }) {
      const { message } = await composer.sendMail({
        from,
        to: { name: '', address: to },
        subject,
        text,
        headers: HEADERS,
      });
      await pipeTo(sendmail, message as Buffer, timeoutMs);
    },
    close() {},
  };
}

function pipeTo(program: string, message: Buffer, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-i', '-t'], {
      // It may tell whose mail it could not take.
      stdio: ['pipe', 'ignore', 'ignore'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(new MailError(`${program} cannot be started (${error.code})`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else if (signal !== null) reject(new MailError(`${program} was ended by ${signal}`));
      else reject(new MailError(`${program} ended with ${code}`));
    });
    // A program that takes nothing says so by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(message);
  });
}

async function within<Value>(timeoutMs: number, promise: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new MailError(`no mail was taken within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
