import { runZstdThread } from '../../../src/edge/zstd/thread.ts';

await runZstdThread();
