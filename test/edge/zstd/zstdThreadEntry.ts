import { runZstdThread } from '../../../src/edge/zstd/thread.ts';

runZstdThread();
