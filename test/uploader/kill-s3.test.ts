import { killTest } from './killing.ts';

killTest({
  kind: 'S3',
  canMaxBytes: 150_000,
  bodies: Array(6).fill(90_000),
  objects: 6,
  killAfter: () => true,
  randomKills: 16,
});
