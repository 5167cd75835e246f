/** The metrics listener of a daemon, with a fault that an operator understands. */
import { errorText, type Log } from '../log/log.ts';
import { FatalError } from './cli.ts';
import { EXIT } from './exitCodes.ts';
import { type MetricsServer, type Observed, serveMetrics } from './operatorListener.ts';
import { VERSION } from './version.ts';

/** Listens on `address`. Throws FatalError when that cannot be. */
export async function listenForMetrics(
  address: string,
  observed: Omit<Observed, 'version'>,
  log: Log,
): Promise<MetricsServer> {
  try {
    return await serveMetrics(address, { ...observed, version: VERSION }, log);
  } catch (error) {
    throw new FatalError(
      `cannot listen on ${address} for metrics: ${errorText(error)}; is it running already? else change metrics_listen`,
      EXIT.unavailable,
    );
  }
}
