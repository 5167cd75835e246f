/** How large a measurement can be, for whoever takes, stores or reads one. */

/** Half of what fits one text of V8, which is what a body is parsed from. No probe sends a tenth of it. */
export const MAX_BODY_BYTES = 268_435_456;

/** A stored envelope: a body of the largest size, and what is put around it. */
export const MAX_POST_BYTES = MAX_BODY_BYTES + 1_048_576;
