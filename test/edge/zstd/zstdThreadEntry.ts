import { runZstdThread } from '../../../src/edge/zstd/zstdThread.ts';

await runZstdThread();
