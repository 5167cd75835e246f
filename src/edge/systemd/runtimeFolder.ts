/**
 * The folder that systemd made for this service alone (systemd.exec(5), RuntimeDirectory=). It is in memory, and outlives
 * the process where the unit says so. Undefined where nobody made one.
 */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.RUNTIME_DIRECTORY?.split(':')[0] || undefined;
}
