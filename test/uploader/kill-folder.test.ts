import { killTest } from './killing.ts';

killTest({
  kind: 'folder',
  canMaxBytes: 150_000,
  bodies: Array(6).fill(90_000),
  objects: 6,
  killAfter: (_, number) => number % 2 === 0,
  randomKills: 8,
});
