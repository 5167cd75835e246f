import { killTest } from './killing.ts';

killTest('S3', 1);
