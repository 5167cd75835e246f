/** All jobs, in the order in which `all` runs them: what a score depends on first. */
import { asNamesJob } from './asNamesJob.ts';
import { fingerprintsJob } from './fingerprintsJob.ts';
import { geoipJob } from './geoipJob.ts';
import type { Job } from './job.ts';
import { testListsJob } from './testListsJob.ts';

export const JOBS: readonly Job[] = [fingerprintsJob, testListsJob, geoipJob, asNamesJob];
