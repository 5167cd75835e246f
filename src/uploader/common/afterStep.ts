/**
 * Called after each step that leaves a trace outside the process. The program passes one that does
 * nothing; the tests one that kills the process, to prove that every step can be where it stops.
 */
export type AfterStep = (step: string) => Promise<void> | void;
