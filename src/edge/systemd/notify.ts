/**
 * sd_notify(3): READY, STOPPING, STATUS and WATCHDOG when run by systemd, nothing when not.
 *
 * The native module is loaded only when systemd asked for notifications, so the programs run on
 * machines without it.
 */
import { createRequire } from 'node:module';

interface SdNotify {
  ready(): void;
  stopping(pid?: number): void;
  sendStatus(text: string): void;
  startWatchdogMode(intervalMs: number): void;
  stopWatchdogMode(): void;
}

export interface Notifier {
  ready(): void;
  stopping(): void;
  /** One line for `systemctl status`. */
  status(text: string): void;
  close(): void;
}

const SILENT: Notifier = { ready() {}, stopping() {}, status() {}, close() {} };

export function openNotifier(env: NodeJS.ProcessEnv = process.env): Notifier {
  if (!env.NOTIFY_SOCKET) return SILENT;
  const systemd = createRequire(import.meta.url)('sd-notify') as SdNotify;
  const watchdogUs = Number(env.WATCHDOG_USEC ?? 0);
  // The pings come from the event loop: a loop that hangs stops them, and systemd restarts us.
  if (watchdogUs > 0) systemd.startWatchdogMode(Math.max(1, Math.floor(watchdogUs / 3000)));
  return {
    ready: () => systemd.ready(),
    stopping: () => systemd.stopping(process.pid),
    status: (text) => systemd.sendStatus(text),
    close: () => {
      if (watchdogUs > 0) systemd.stopWatchdogMode();
    },
  };
}
