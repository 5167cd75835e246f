/* Where the members of a JSON text lie: what the doors of this room share. */
#ifndef OONI_LAYOUT_H
#define OONI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of the levels that are told. A text that has more is left to JavaScript. */
#define MOST_MEMBERS 256

/* Of a member, in the order of the answer. */
enum { LEVEL, NAME_START, NAME_END, VALUE_START, VALUE_END, MEMBER_INTS };

/* Told of one text, in the caller's room for MOST_MEMBERS. */
struct members {
	int32_t *ints; /* numbers of JavaScript's */
	bool *has_blanks; /* between tokens of the value; NULL: nobody asks */
	size_t count;
};

/*
 * Is this JSON in UTF-8, an object without blanks around it, within the bounds, and of no more members than can be told?
 * Then the members of its first two levels are put into `members`, each behind those of its value.
 */
bool tell_members(const uint8_t *json, size_t length, uint32_t most_values, struct members *members);

#endif
