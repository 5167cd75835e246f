/*
 * Where the outer members of a JSON text lie, told in one pass over its bytes, and the text that is wrapped in one
 * of them as a string (docs/design/layout.md). It says less than core/json/layout.ts, which is its reference:
 * what it does not know to be in order is left to JavaScript, so nothing is refused here and there are no words for it.
 */
#include "../../native/native.h"
#include "layout.h"
#include <string.h>

/* Bounds of core/json/bounds.ts; the caller may ask for less. */
#define MOST_LEVELS 128
#define WRAPPED_NAME "content"

/* The caller's room for both: how many ints each has, then theirs. */
enum { OUTER_COUNT, INNER_COUNT, OUTER, INNER = OUTER + MOST_MEMBERS * MEMBER_INTS,
	ROOM_INTS = INNER + MOST_MEMBERS * MEMBER_INTS };

/* In place of the length of a text. */
enum { NO_TEXT = -1, NOT_IN_ORDER = -2 };

struct job {
	struct call call;
	struct bytes json, text; /* `text`: room for what is wrapped; empty: nothing is */
	int32_t *room;
	uint32_t most_values;
	int64_t found; /* the length of the text, or one of those above */
};

/* Arguments of both doors; the first three are used until a call has ended. */
enum { JSON, TEXT, ROOM, HELD, MOST_VALUES = HELD, ARGUMENTS };

/* One text, its bounds, and what is told of it. */
struct walk {
	const uint8_t *start, *at, *end;
	bool is_utf8; /* known before */
	uint32_t values, most_values;
	size_t blanks;
	int most_levels, told_levels;
	struct members *members;
	/* Where a member of the first level called WRAPPED_NAME is written to; NULL: nowhere. */
	uint8_t *text;
	size_t text_length;
	bool unwrapped;
};

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/*
 * How many of the first bytes of eight in a string stand for themselves, at least: those before the first that is a quote,
 * a backslash, a control character or above ASCII.
 */
static size_t plain_bytes(uint64_t eight)
{
	uint64_t quote = eight ^ EACH('"'), backslash = eight ^ EACH('\\');
	uint64_t other = ((eight - EACH(0x20)) | (quote - EACH(1)) | (backslash - EACH(1)) | eight) & EACH(0x80);
	if (other == 0)
		return sizeof eight;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	/* What a subtraction borrows marks bytes behind the first alone. */
	return (size_t)__builtin_ctzll(other) / 8;
#else
	return 0;
#endif
}

static bool is_space(uint8_t byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

/* Length of the character of two bytes or more that begins at `at`; 0 where there is none (RFC 3629, 4). */
static size_t character(const uint8_t *at, const uint8_t *end)
{
	uint8_t first = at[0];
	size_t left = (size_t)(end - at);
	if (first < 0xc2 || left < 2)
		return 0;
	uint8_t second = at[1];
	if (first < 0xe0)
		return (second & 0xc0) == 0x80 ? 2 : 0;
	if (left < 3 || (at[2] & 0xc0) != 0x80)
		return 0;
	if (first < 0xf0) {
		uint8_t least = first == 0xe0 ? 0xa0 : 0x80, most = first == 0xed ? 0x9f : 0xbf;
		return second >= least && second <= most ? 3 : 0;
	}
	if (first > 0xf4 || left < 4 || (at[3] & 0xc0) != 0x80)
		return 0;
	uint8_t least = first == 0xf0 ? 0x90 : 0x80, most = first == 0xf4 ? 0x8f : 0xbf;
	return second >= least && second <= most ? 4 : 0;
}

/* The value of four hexadecimal digits; -1 where they are none. */
static int32_t four_digits(const uint8_t *at, const uint8_t *end)
{
	int32_t value = 0;
	if (end - at < 4)
		return -1;
	for (int digit = 0; digit < 4; digit++) {
		uint8_t byte = at[digit], lower = byte | 0x20;
		if (byte >= '0' && byte <= '9')
			value = value * 16 + (byte - '0');
		else if (lower >= 'a' && lower <= 'f')
			value = value * 16 + (lower - 'a' + 10);
		else
			return -1;
	}
	return value;
}

static size_t write_character(uint8_t *to, uint32_t code)
{
	if (code < 0x80) {
		to[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		to[0] = (uint8_t)(0xc0 | code >> 6);
		to[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		to[0] = (uint8_t)(0xe0 | code >> 12);
		to[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		to[2] = (uint8_t)(0x80 | (code & 0x3f));
		return 3;
	}
	to[0] = (uint8_t)(0xf0 | code >> 18);
	to[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
	to[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	to[3] = (uint8_t)(0x80 | (code & 0x3f));
	return 4;
}

/* What a backslash and one more byte stand for; 0: nothing. */
static const uint8_t short_escapes[256] = {
	['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t',
};

/*
 * The escape whose backslash is at `at`: where it ends, or NULL. `to`, if there is one, gets what it stands for, which
 * takes fewer bytes than it does. UTF-8 cannot hold half a pair of surrogates: where it has to, that is NULL too.
 */
static const uint8_t *escape(const uint8_t *at, const uint8_t *end, uint8_t *to, size_t *written)
{
	if (end - at < 2)
		return NULL;
	uint8_t plain = short_escapes[at[1]];
	if (plain == 0) {
		if (at[1] != 'u')
			return NULL;
		int32_t code = four_digits(at + 2, end);
		if (code < 0)
			return NULL;
		at += 6;
		if (to == NULL)
			return at;
		if (code >= 0xd800 && code <= 0xdfff) {
			if (code >= 0xdc00 || end - at < 6 || at[0] != '\\' || at[1] != 'u')
				return NULL;
			int32_t low = four_digits(at + 2, end);
			if (low < 0xdc00 || low > 0xdfff)
				return NULL;
			code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
			at += 6;
		}
		*written = write_character(to, (uint32_t)code);
		return at;
	}
	if (to != NULL) {
		*to = plain;
		*written = 1;
	}
	return at + 2;
}

/*
 * The string whose quote is at `at`: where it ends, or NULL. `to`, if there is one, gets what it stands for; it has as
 * much room as is left of the text, and never comes to be ahead of it.
 */
static const uint8_t *string(const uint8_t *at, const uint8_t *end, uint8_t *to, size_t *length)
{
	size_t done = 0;
	uint64_t eight;
	for (at++; at < end;) {
		if (end - at >= 8) {
			memcpy(&eight, at, sizeof eight);
			if (to != NULL)
				memcpy(to + done, &eight, sizeof eight);
			size_t plain = plain_bytes(eight);
			at += plain;
			done += plain;
			if (plain == sizeof eight)
				continue;
		}
		/* Often several in a row: an escaped backslash and quote, characters of another script. */
		do {
			if (*at == '"') {
				if (to != NULL)
					*length = done;
				return at + 1;
			}
			size_t written = 1;
			const uint8_t *next = at + 1;
			if (*at == '\\') {
				next = escape(at, end, to == NULL ? NULL : to + done, &written);
				if (next == NULL)
					return NULL;
			} else if (*at < 0x20) {
				return NULL;
			} else if (*at < 0x80) {
				if (to != NULL)
					to[done] = *at;
			} else {
				written = character(at, end);
				if (written == 0)
					return NULL;
				next = at + written;
				for (size_t byte = 0; to != NULL && byte < written; byte++)
					to[done + byte] = at[byte];
			}
			done += written;
			at = next;
		} while (at < end && (*at == '\\' || *at >= 0x80));
	}
	return NULL;
}

typedef int8_t sixteen __attribute__((vector_size(16)));

/* A bit for each of sixteen bytes: set for a quote, a backslash and a control character. */
static uint32_t marks_of(const uint8_t *at)
{
	const sixteen bit = { 1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128 };
	sixteen bytes;
	uint64_t halves[2];
	memcpy(&bytes, at, sizeof bytes);
	/* All bits of a byte are set where this is so: here one of them is left. */
	sixteen marked = ((bytes == '"') | (bytes == '\\') | ((bytes >= 0) & (bytes < 0x20))) & bit;
	memcpy(halves, &marked, sizeof halves);
	/* The highest byte of the product is the sum of all eight. */
	return (uint32_t)(halves[0] * EACH(1) >> 56 | halves[1] * EACH(1) >> 56 << 8);
}

static bool is_escape(const uint8_t *at, const uint8_t *end)
{
	return end - at >= 2 && (short_escapes[at[1]] != 0 || (at[1] == 'u' && four_digits(at + 2, end) >= 0));
}

/*
 * What string() says without `to`, of a text that is known to be UTF-8. A backslash and the byte behind it are taken
 * together, whichever sixteen that is in; the digits of an escape stand for themselves here.
 */
static const uint8_t *utf8_string(const uint8_t *at, const uint8_t *end)
{
	bool taken = false; /* the first byte */
	for (at++; end - at >= 16; at += 16) {
		uint32_t marks = marks_of(at) & ~(uint32_t)taken;
		taken = false;
		while (marks != 0) {
			int bit = __builtin_ctz(marks);
			if (at[bit] == '"')
				return at + bit + 1;
			if (at[bit] != '\\' || !is_escape(at + bit, end))
				return NULL;
			marks &= ~((uint32_t)3 << bit);
			taken = bit == 15;
		}
	}
	for (at += taken; at < end && *at >= 0x20; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && !is_escape(at++, end))
			return NULL;
	}
	return NULL;
}

static const uint8_t *digits(const uint8_t *at, const uint8_t *end)
{
	const uint8_t *start = at;
	while (at < end && *at >= '0' && *at <= '9')
		at++;
	return at == start ? NULL : at;
}

static const uint8_t *number(const uint8_t *at, const uint8_t *end)
{
	if (*at == '-')
		at++;
	if (at < end && *at == '0')
		at++;
	else
		at = digits(at, end);
	if (at != NULL && at < end && *at == '.')
		at = digits(at + 1, end);
	if (at != NULL && at < end && (*at == 'e' || *at == 'E')) {
		at++;
		if (at < end && (*at == '+' || *at == '-'))
			at++;
		at = digits(at, end);
	}
	return at;
}

static const uint8_t *word(const uint8_t *at, const uint8_t *end, const char *expected)
{
	size_t length = strlen(expected);
	return (size_t)(end - at) >= length && memcmp(at, expected, length) == 0 ? at + length : NULL;
}

/* A string of the text, or NULL. */
static const uint8_t *own_string(const struct walk *walk)
{
	return walk->is_utf8 ? utf8_string(walk->at, walk->end) : string(walk->at, walk->end, NULL, NULL);
}

static const uint8_t *scalar(const struct walk *walk)
{
	switch (*walk->at) {
	case '"': return own_string(walk);
	case 't': return word(walk->at, walk->end, "true");
	case 'f': return word(walk->at, walk->end, "false");
	case 'n': return word(walk->at, walk->end, "null");
	default: return number(walk->at, walk->end);
	}
}

/* A member whose name has been read and whose value has not. */
struct begun {
	const uint8_t *name, *name_end, *value;
	size_t blanks; /* before the value */
};

static bool tell(struct walk *walk, int level, const struct begun *begun)
{
	if (level > walk->told_levels)
		return true;
	if (walk->members->count == MOST_MEMBERS)
		return false;
	if (walk->members->has_blanks != NULL)
		walk->members->has_blanks[walk->members->count] = walk->blanks > begun->blanks;
	int32_t *ints = &walk->members->ints[walk->members->count++ * MEMBER_INTS];
	ints[LEVEL] = level;
	ints[NAME_START] = (int32_t)(begun->name - walk->start);
	ints[NAME_END] = (int32_t)(begun->name_end - walk->start);
	ints[VALUE_START] = (int32_t)(begun->value - walk->start);
	ints[VALUE_END] = (int32_t)(walk->at - walk->start);
	return true;
}

static void skip_space(struct walk *walk)
{
	for (; walk->at < walk->end && is_space(*walk->at); walk->at++)
		walk->blanks++;
}

static bool member_name(struct walk *walk, struct begun *begun)
{
	if (walk->at == walk->end || *walk->at != '"')
		return false;
	begun->name = walk->at + 1;
	walk->at = own_string(walk);
	if (walk->at == NULL)
		return false;
	begun->name_end = walk->at - 1;
	skip_space(walk);
	if (walk->at == walk->end || *walk->at != ':')
		return false;
	walk->at++;
	skip_space(walk);
	begun->value = walk->at;
	begun->blanks = walk->blanks;
	return true;
}

static bool is_wrapped(const struct walk *walk, const struct begun *begun)
{
	const size_t length = sizeof WRAPPED_NAME - 1;
	return walk->text != NULL && (size_t)(begun->name_end - begun->name) == length &&
		memcmp(begun->name, WRAPPED_NAME, length) == 0;
}

/* Is this an object, and all of the text, within the bounds? Nesting is counted, so depth costs no stack. */
static bool walk_object(struct walk *walk)
{
	bool object[MOST_LEVELS + 1];
	struct begun begun[3];
	int level = 0;
	enum { VALUE, FIRST_VALUE, NAME, FIRST_NAME, AFTER } next = VALUE;
	if (walk->at == walk->end || *walk->at != '{')
		return false;
	for (;;) {
		skip_space(walk);
		if (walk->at == walk->end)
			return false;
		uint8_t byte = *walk->at;
		if (next == AFTER && byte == ',') {
			if (++walk->values > walk->most_values)
				return false;
			next = object[level] ? NAME : VALUE;
			walk->at++;
			continue;
		}
		if ((next == AFTER || next == FIRST_NAME || next == FIRST_VALUE) && byte == (object[level] ? '}' : ']')) {
			walk->at++;
			if (--level == 0)
				return walk->at == walk->end;
		} else if (next == AFTER) {
			return false;
		} else if (next == NAME || next == FIRST_NAME) {
			struct begun other, *own = level <= 2 ? &begun[level] : &other;
			if (!member_name(walk, own))
				return false;
			next = VALUE;
			if (level != 1 || !is_wrapped(walk, own))
				continue;
			/* One, and a string: which of several counts is for JavaScript to say. */
			if (walk->unwrapped || walk->at == walk->end || *walk->at != '"')
				return false;
			walk->unwrapped = true;
			walk->at = string(walk->at, walk->end, walk->text, &walk->text_length);
			if (walk->at == NULL)
				return false;
		} else if (byte == '{' || byte == '[') {
			if (++level > walk->most_levels || ++walk->values > walk->most_values)
				return false;
			object[level] = byte == '{';
			next = object[level] ? FIRST_NAME : FIRST_VALUE;
			walk->at++;
			continue;
		} else {
			walk->at = scalar(walk);
			if (walk->at == NULL)
				return false;
		}
		/* Here a value has ended, of whatever kind. */
		next = AFTER;
		if (level <= 2 && object[level] && !tell(walk, level, &begun[level]))
			return false;
	}
}

static struct walk walk_of(const uint8_t *bytes, size_t length, struct members *members)
{
	return (struct walk){
		.start = bytes, .at = bytes, .end = bytes + length, .most_levels = MOST_LEVELS, .members = members,
	};
}

bool tell_members(const uint8_t *json, size_t length, uint32_t most_values, struct members *members)
{
	struct walk walk = walk_of(json, length, members);
	walk.most_values = most_values;
	walk.told_levels = 2;
	members->count = 0;
	return walk_object(&walk);
}

static void find(struct job *job)
{
	struct members told = { .ints = job->room + OUTER }, told_inner = { .ints = job->room + INNER };
	struct walk outer = walk_of(job->json.at, job->json.length, &told);
	outer.most_values = job->most_values;
	outer.told_levels = job->text.length > 0 ? 1 : 2;
	outer.text = job->text.length > 0 ? job->text.at : NULL;
	job->found = NOT_IN_ORDER;
	if (!walk_object(&outer))
		return;
	if (outer.unwrapped) {
		struct walk inner = walk_of(job->text.at, outer.text_length, &told_inner);
		inner.most_values = job->most_values;
		/* Made of characters, one by one. */
		inner.is_utf8 = true;
		/* What stores it puts an object around it. */
		inner.most_levels = MOST_LEVELS - 1;
		inner.told_levels = 1;
		if (!walk_object(&inner))
			return;
	}
	job->room[OUTER_COUNT] = (int32_t)(told.count * MEMBER_INTS);
	job->room[INNER_COUNT] = (int32_t)(told_inner.count * MEMBER_INTS);
	job->found = outer.unwrapped ? (int64_t)outer.text_length : NO_TEXT;
}

/* In a thread of the pool. */
static void run(struct call *call)
{
	find((struct job *)call);
}

/* In the thread that asked: the length of the text, or why there is none. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	napi_value found;
	return napi_create_int64(env, ran ? job->found : NOT_IN_ORDER, &found) == napi_ok ? found : NULL;
}

static bool read_room(napi_env env, napi_value value, int32_t **room)
{
	bool is_array = false;
	napi_typedarray_type type;
	size_t length;
	void *data;
	if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
		napi_get_typedarray_info(env, value, &type, &length, &data, NULL, NULL) == napi_ok &&
		type == napi_int32_array && length >= ROOM_INTS) {
		*room = data;
		return true;
	}
	napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "the room for members is no Int32Array, or too small");
	return false;
}

static bool read_arguments(napi_env env, const napi_value *given, struct job *job)
{
	if (!read_bytes(env, given[JSON], &job->json, "the text") ||
		!read_bytes(env, given[TEXT], &job->text, "the room for what is wrapped") ||
		!read_room(env, given[ROOM], &job->room))
		return false;
	if ((job->text.length == 0 || job->text.length >= job->json.length) && job->json.length <= INT32_MAX &&
		napi_get_value_uint32(env, given[MOST_VALUES], &job->most_values) == napi_ok)
		return true;
	napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "the room is smaller than the text, or the bound no number");
	return false;
}

/* layout(json, text, room, mostValues): a promise of answer(). */
static napi_value layout(napi_env env, napi_callback_info info)
{
	napi_value given[ARGUMENTS];
	struct job *job = new_call_of(env, info, given, ARGUMENTS, sizeof *job, run, answer);
	if (job == NULL)
		return NULL;
	if (!read_arguments(env, given, job))
		return no_call(&job->call);
	return start_call(env, &job->call, "ooni:layout", given, HELD);
}

/* layoutNow(json, text, room, mostValues): answer() itself, found in the thread that asks. */
static napi_value layout_now(napi_env env, napi_callback_info info)
{
	napi_value given[ARGUMENTS];
	size_t count = ARGUMENTS;
	struct job job = { .found = NOT_IN_ORDER };
	if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok || !read_arguments(env, given, &job))
		return NULL;
	find(&job);
	return answer(env, &job.call, true);
}

bool add_layout(napi_env env, napi_value exports)
{
	return add_door(env, exports, "layout", layout) && add_door(env, exports, "layoutNow", layout_now);
}
