/** The built ooni-api as the benches run it: a process of its own on loopback that keeps to their folder. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/ports.ts';

export interface ApiProcess {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Resolves when it answers. `tables`: what the bench adds to the configuration. */
export async function startApiProcess(parts: {
  readonly folder: string;
  readonly workers: number;
  readonly spoolDir?: string;
  readonly tables?: string;
}): Promise<ApiProcess> {
  const { folder, workers, spoolDir = join(folder, 'spool'), tables = '' } = parts;
  const port = await freePort();
  const config = join(folder, 'api.toml');
  writeFileSync(
    config,
    `collector_id = "1"
listen = "127.0.0.1:${port}"
base_url = "http://127.0.0.1:${port}"
spool_dir = "${spoolDir}"
state_dir = "${join(folder, 'state')}"
sources_dir = "${join(folder, 'sources')}"
fastpath_socket = "${join(folder, 'none.sock')}"
workers = ${workers}
metrics_listen = "127.0.0.1:${await freePort()}"
log_level = "err"
quotas = ""
min_free_bytes = 0
[s3]
bucket = "file://${folder}"
${tables}`,
  );
  const api = spawn(process.execPath, ['dist/ooni-api.js', '--config', config], {
    stdio: 'inherit',
  });
  const ended = new Promise((resolve) => api.once('exit', resolve));
  while (!(await isLive(port))) await sleep(50);
  return {
    port,
    pid: api.pid!,
    async stop() {
      api.kill('SIGTERM');
      await ended;
    },
  };
}

async function isLive(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/live`).then(
    ({ ok }) => ok,
    () => false,
  );
}

const TICKS_PER_SECOND = 100;

/** Processor time of a process and its children so far. */
export function cpuSeconds(pid: number): number {
  const ticks = (of: number) => {
    const fields = readFileSync(`/proc/${of}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [pid, ...children.map(Number)].reduce((sum, of) => sum + ticks(of), 0) / TICKS_PER_SECOND;
}
