/*
 * Where the parts of stored envelopes lie that their publication needs, of a batch of them in one call. For each it says
 * what core/measurement/outline.ts says, which is its reference, or nothing: that one is then looked at in JavaScript.
 */
#include "../../native/native.h"
#include "layout.h"
#include <stdlib.h>
#include <string.h>

/* Envelopes of one call. */
#define MOST_POSTS 4096

/* Of an envelope, in the order of the answer. Positions begin and end a value; both 0: there is none. */
enum { CONTENT, REPORT_ID = 2, INPUT = 4, FLAGS = 6, OUTLINE_INTS };
#define IS_OUTLINE 1
#define HAS_BLANKS 2
#define HAS_CREDENTIAL 4

struct job {
	struct call call;
	uint32_t most_values;
	size_t count;
	int32_t *outlines; /* behind the posts */
	struct bytes posts[];
};

static bool reads(const uint8_t *json, int32_t start, int32_t end, const char *text)
{
	size_t length = strlen(text);
	return (size_t)(end - start) == length && memcmp(json + start, text, length) == 0;
}

/* Of a repeated member the last counts. */
static void find_outline(const struct bytes *post, const struct members *members, int32_t outline[OUTLINE_INTS])
{
	/* Of the object whose members are told. */
	int32_t report_id[2] = { 0 }, input[2] = { 0 };
	bool is_json = false;
	for (size_t at = 0; at < members->count; at++) {
		const int32_t *member = &members->ints[at * MEMBER_INTS], *value = member + VALUE_START;
		const int32_t start = member[NAME_START], end = member[NAME_END];
		if (memchr(post->at + start, '\\', (size_t)(end - start)) != NULL)
			return;
		if (member[LEVEL] == 2) {
			if (reads(post->at, start, end, "report_id"))
				memcpy(report_id, value, sizeof report_id);
			else if (reads(post->at, start, end, "input"))
				memcpy(input, value, sizeof input);
			continue;
		}
		if (reads(post->at, start, end, "content")) {
			memcpy(outline + CONTENT, value, 2 * sizeof *value);
			memcpy(outline + REPORT_ID, report_id, sizeof report_id);
			memcpy(outline + INPUT, input, sizeof input);
			outline[FLAGS] = (outline[FLAGS] & ~HAS_BLANKS) | (members->has_blanks[at] ? HAS_BLANKS : 0);
		} else if (reads(post->at, start, end, "format")) {
			is_json = reads(post->at, value[0], value[1], "\"json\"");
		} else if (reads(post->at, start, end, "nym") || reads(post->at, start, end, "zkp_request")) {
			outline[FLAGS] |= HAS_CREDENTIAL;
		}
		memset(report_id, 0, sizeof report_id);
		memset(input, 0, sizeof input);
	}
	if (is_json && outline[CONTENT] > 0 && post->at[outline[CONTENT]] == '{')
		outline[FLAGS] |= IS_OUTLINE;
}

/* In a thread of the pool. */
static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	int32_t ints[MOST_MEMBERS * MEMBER_INTS];
	bool has_blanks[MOST_MEMBERS];
	struct members members = { .ints = ints, .has_blanks = has_blanks };
	for (size_t at = 0; at < job->count; at++) {
		const struct bytes *post = &job->posts[at];
		if (post->length <= INT32_MAX && tell_members(post->at, post->length, job->most_values, &members))
			find_outline(post, &members, job->outlines + at * OUTLINE_INTS);
	}
}

/* An Int32Array of all outlines; NULL when the environment is ending. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	size_t count = job->count * OUTLINE_INTS, bytes = count * sizeof *job->outlines;
	napi_value buffer, array;
	void *outlines;
	(void)ran; /* Given up, it has found nothing. */
	if (napi_create_arraybuffer(env, bytes, &outlines, &buffer) != napi_ok)
		return NULL;
	if (bytes > 0)
		memcpy(outlines, job->outlines, bytes);
	return napi_create_typedarray(env, napi_int32_array, count, buffer, 0, &array) == napi_ok ? array : NULL;
}

/* outlines(posts, mostValues): a promise of answer(). */
static napi_value outlines(napi_env env, napi_callback_info info)
{
	napi_value given[2], post;
	size_t arguments = 2;
	uint32_t count, most_values;
	bool is_array = false;
	if (napi_get_cb_info(env, info, &arguments, given, NULL, NULL) != napi_ok)
		return NULL;
	if (napi_is_array(env, given[0], &is_array) != napi_ok || !is_array ||
		napi_get_array_length(env, given[0], &count) != napi_ok || count > MOST_POSTS ||
		napi_get_value_uint32(env, given[1], &most_values) != napi_ok) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "the posts are no list of 4096 at most, or the bound no number");
		return NULL;
	}
	const size_t each = sizeof(struct bytes) + OUTLINE_INTS * sizeof(int32_t);
	struct job *job = new_call(env, sizeof *job + count * each, run, answer);
	if (job == NULL)
		return NULL;
	job->most_values = most_values;
	job->count = count;
	job->outlines = (int32_t *)(job->posts + count);
	for (uint32_t at = 0; at < count; at++)
		if (napi_get_element(env, given[0], at, &post) != napi_ok ||
			!read_bytes(env, post, &job->posts[at], "a post"))
			return no_call(&job->call);
	return start_call(env, &job->call, "ooni:outlines", given, 1);
}

bool add_outlines(napi_env env, napi_value exports)
{
	return add_door(env, exports, "outlines", outlines);
}
