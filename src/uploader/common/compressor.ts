/** What deflates the files of cans, as the config has it. */
import type { UploaderConfig } from '../../config/uploader.ts';
import type { Deflater } from '../../edge/gzip/deflater.ts';
import { openDeflater } from '../../edge/gzip/native.ts';
import type { Log } from '../../log/log.ts';

/** `modulePath`: of another native module than the one of this program. */
export function openCompressor(
  config: Pick<UploaderConfig, 'gzip_level'>,
  log: Log,
  modulePath?: string,
): Deflater {
  const onFallback = (reason: string) =>
    log.warning('the native module cannot be used: zlib compresses, in twice the time', { reason });
  return openDeflater(config.gzip_level, onFallback, modulePath);
}
