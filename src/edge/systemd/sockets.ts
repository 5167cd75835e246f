/** Socket activation, sd_listen_fds(3): the sockets that systemd opened for this process. */

const FIRST_FD = 3;

/** The first passed file descriptor, or undefined when systemd passed none to this process. */
export function listenFd(env: NodeJS.ProcessEnv = process.env): number | undefined {
  return env.LISTEN_PID === String(process.pid) && Number(env.LISTEN_FDS) >= 1
    ? FIRST_FD
    : undefined;
}
