/** Where data in bulk is: every refusal of a query that is too large says so (protocol, data 3.7). */
export const BULK_HINT =
  'whole days are at /api/v1/export, the files of the archive are listed at /api/v1/files';

/** What to do where a query takes too long or too much. */
export const NARROW_HINT = `narrow the time range or the filters; ${BULK_HINT}`;
