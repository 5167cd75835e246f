import { killTest } from './killing.ts';

killTest('folder', 2);
