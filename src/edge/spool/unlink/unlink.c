/*
 * Takes many names out of one folder, in one thread of Node's pool (docs/design/unlinks.md).
 *
 * It does what reference.ts beside it does, with the same outcomes; the same tests run against both. The folder is
 * opened, and each name, checked to be one of an entry, is taken out of what was opened: unlinkat(2) follows no link.
 */
#define _GNU_SOURCE
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64
#endif
#include "../../../native/native.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* A name with its end takes so many at least. */
#define LEAST_NAME_BYTES 2

struct job {
	struct call call;
	char folder[PATH_MAX];
	size_t count;
	char *names; /* behind the errors, each with its end */
	int32_t errors[]; /* of each name; 0: it is gone */
};

/* In a thread of the pool. */
static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	const char *name = job->names;
	int folder;
	do
		folder = open(job->folder, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	while (folder < 0 && errno == EINTR);
	int closed = folder < 0 ? errno : 0;
	for (size_t at = 0; at < job->count; at++, name += strlen(name) + 1) {
		job->errors[at] = closed;
		if (closed == 0 && unlinkat(folder, name, 0) < 0 && errno != ENOENT)
			job->errors[at] = errno;
	}
	if (folder >= 0)
		close(folder);
}

/* An Int32Array; NULL when the environment is ending. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	size_t bytes = job->count * sizeof *job->errors;
	napi_value buffer, array;
	void *errors;
	for (size_t at = 0; !ran && at < job->count; at++)
		job->errors[at] = ECANCELED;
	if (napi_create_arraybuffer(env, bytes, &errors, &buffer) != napi_ok)
		return NULL;
	memcpy(errors, job->errors, bytes);
	return napi_create_typedarray(env, napi_int32_array, job->count, buffer, 0, &array) == napi_ok ? array : NULL;
}

/* How many names these are; 0 where one of them is none of an entry, or has no end. */
static size_t count_names(const char *names, size_t length)
{
	size_t count = 0;
	for (size_t at = 0; at < length; count++) {
		const char *name = names + at;
		size_t own = strnlen(name, length - at);
		if (own == length - at || own == 0 || own > NAME_MAX || memchr(name, '/', own) != NULL ||
			strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			return 0;
		at += own + 1;
	}
	return count;
}

/* unlink(folder, names): a promise of answer(). */
static napi_value unlink_names(napi_env env, napi_callback_info info)
{
	napi_value given[2];
	size_t arguments = 2;
	struct bytes names;
	if (napi_get_cb_info(env, info, &arguments, given, NULL, NULL) != napi_ok ||
		!read_bytes(env, given[1], &names, "what holds the names"))
		return NULL;
	size_t most = names.length / LEAST_NAME_BYTES;
	struct job *job = new_call(env, sizeof *job + most * sizeof *job->errors + names.length, run, answer);
	if (job == NULL)
		return NULL;
	if (!read_text(env, given[0], job->folder, sizeof job->folder, "the folder"))
		return no_call(&job->call);
	/* Copied, and then looked at: whoever shares the array may change it. */
	job->names = (char *)(job->errors + most);
	if (names.length > 0)
		memcpy(job->names, names.at, names.length);
	job->count = count_names(job->names, names.length);
	if (job->count == 0) {
		napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", "these are no names of entries, each with its end");
		return no_call(&job->call);
	}
	return start_call(env, &job->call, "ooni:unlink", NULL, 0);
}

bool add_unlink(napi_env env, napi_value exports)
{
	return add_door(env, exports, "unlink", unlink_names);
}
