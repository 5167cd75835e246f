/** Chromium without a window, driven over the pipe of its DevTools protocol: no library is needed for it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

const COMMAND_WITHIN_MS = 60_000;

// biome-ignore lint/suspicious/noExplicitAny: what the browser tells is looked into freely.
export type Told = any;

export interface Tab {
  /** One command of the protocol; rejects with what the browser refuses. */
  send(method: string, parameters?: object): Promise<Told>;
  /** Each event of the tab. */
  onEvent(listener: (method: string, parameters: Told) => void): void;
  close(): Promise<void>;
}

export interface Browser {
  openTab(): Promise<Tab>;
  stop(): Promise<void>;
}

/** `hosts`: names that lead somewhere, as `name` to `address:port`; all others but loopback lead nowhere. */
export function startBrowser(
  program: string,
  hosts: Readonly<Record<string, string>>,
): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'ooni-chromium-'));
  const rules = Object.entries(hosts).map(([name, address]) => `MAP ${name}:443 ${address}`);
  const child = spawn(
    program,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--ignore-certificate-errors',
      '--no-first-run',
      `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1'].join(', ')}`,
      `--user-data-dir=${profile}`,
      '--window-size=1280,2000',
      '--remote-debugging-pipe',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  return connect(child, profile);
}

async function connect(child: ChildProcess, profile: string): Promise<Browser> {
  const toBrowser = child.stdio[3] as Writable;
  const fromBrowser = child.stdio[4] as Readable;
  const waiting = new Map<number, { done(answer: Told): void; failed(error: Error): void }>();
  const tabs = new Map<string, (method: string, parameters: Told) => void>();
  let serial = 0;
  const fail = (error: Error) => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  child.once('error', fail);
  child.once('exit', () => fail(new Error('Chromium ended')));
  toBrowser.on('error', fail);

  let pending = '';
  fromBrowser.setEncoding('utf8').on('data', (text: string) => {
    const parts = (pending + text).split('\0');
    pending = parts.pop()!;
    for (const part of parts) {
      const { id, sessionId, method, params, result, error } = JSON.parse(part);
      if (id === undefined) tabs.get(sessionId)?.(method, params);
      else if (error !== undefined) waiting.get(id)?.failed(new Error(error.message));
      else waiting.get(id)?.done(result);
      waiting.delete(id);
    }
  });

  const send = (method: string, params: object = {}, sessionId?: string): Promise<Told> =>
    new Promise((done, failed) => {
      const id = ++serial;
      const timer = setTimeout(() => {
        waiting.delete(id);
        failed(new Error(`Chromium does not answer ${method}`));
      }, COMMAND_WITHIN_MS);
      const settle =
        <Value>(how: (value: Value) => void) =>
        (value: Value) => {
          clearTimeout(timer);
          how(value);
        };
      waiting.set(id, { done: settle(done), failed: settle(failed) });
      toBrowser.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });

  await send('Browser.getVersion');
  return {
    async openTab() {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      return {
        send: (method, parameters) => send(method, parameters, sessionId),
        onEvent: (listener) => void tabs.set(sessionId, listener),
        async close() {
          tabs.delete(sessionId);
          await send('Target.closeTarget', { targetId });
        },
      };
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await ended;
      }
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
