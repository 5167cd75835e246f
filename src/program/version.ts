// Set by the build from debian/changelog; a run from source has none.
declare const OONI_VERSION: string | undefined;

/** Version of the program, as in the package. */
export const VERSION = typeof OONI_VERSION === 'undefined' ? 'development' : OONI_VERSION;
