/** Kills between the parts of uploads: objects of a full part and a bit. */
import { killTest } from './killing.ts';

killTest({
  kind: 'S3',
  canMaxBytes: 20_000_000,
  bodies: Array(10).fill(1_000_000),
  objects: 4,
  killAfter: (step) => ['part-uploaded', 'tar-uploaded', 'jsonl-uploaded'].includes(step),
  randomKills: 2,
  parts: true,
});
