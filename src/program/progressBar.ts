/** Progress on a terminal; nothing where standard error goes elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

export interface ProgressBar {
  update(done: number, of: number, text: string): void;
  stop(): void;
}

export function openProgressBar(unit: string): ProgressBar {
  if (!process.stderr.isTTY) return { update() {}, stop() {} };
  let bar: SingleBar | undefined;
  return {
    update(done, of, text) {
      if (bar === undefined) {
        bar = new SingleBar(
          {
            format: `{bar} {value}/{total} ${unit} {text}`,
            stream: process.stderr,
            hideCursor: true,
            clearOnComplete: true,
          },
          Presets.shades_classic,
        );
        bar.start(of, done, { text });
      }
      bar.setTotal(of);
      bar.update(done, { text });
    },
    stop: () => bar?.stop(),
  };
}
