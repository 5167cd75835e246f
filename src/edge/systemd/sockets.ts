/** Socket activation, sd_listen_fds(3): the sockets that systemd opened for this process. */

const FIRST_FD = 3;

/**
 * The file descriptors that systemd passed to this process: one for each line of the socket units that
 * name an address, none without such a unit. Each is to be accepted from: whoever connects to one that is
 * not waits for ever.
 */
export function listenFds(env: NodeJS.ProcessEnv = process.env): number[] {
  if (env.LISTEN_PID !== String(process.pid)) return [];
  return Array.from({ length: Number(env.LISTEN_FDS) || 0 }, (_, index) => FIRST_FD + index);
}
