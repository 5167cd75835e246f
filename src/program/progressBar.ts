/** How far a command is: a bar on a terminal, nothing where its output goes elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export type Terminal = NodeJS.WritableStream & { readonly isTTY?: boolean };

export interface ProgressBar {
  /** The first time draws it. */
  update(done: number, of: number, text: string): void;
  /** Whole lines of others, such as a log's: on a terminal they go above the bar. */
  write(lines: string): void;
  stop(): void;
}

const FRAMES_PER_SECOND = 4;

/**
 * `format`: what stands behind the bar itself, with `{value}`, `{total}`, `{percentage}`,
 * `{eta_formatted}` and `{text}`.
 */
export function openProgressBar(format: string, terminal: Terminal = process.stderr): ProgressBar {
  const write = (text: string) => void terminal.write(text);
  if (!terminal.isTTY) return { update() {}, write, stop() {} };
  let bar: SingleBar | undefined;
  return {
    update(done, of, text) {
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: `{bar} ${format}`,
            stream: terminal,
            hideCursor: true,
            clearOnComplete: true,
            // Lines of others may have gone over it.
            forceRedraw: true,
            fps: FRAMES_PER_SECOND,
          },
          Presets.shades_classic,
        );
        bar.start(of, done, { text });
      }
      bar.setTotal(of);
      bar.update(done, { text });
    },
    // The bar draws itself again on the line below.
    write: (lines) => write(bar === undefined ? lines : `\r\x1b[K${lines}`),
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
