/*
 * Decompression of zstd by Debian's libzstd, whole, into a buffer of a size that was agreed before
 * (docs/design/zstd.md). It does what zstdThread.ts beside it does; the same tests run against both.
 */
#include "../../native/native.h"
#include <zstd.h>

struct job {
	struct call call;
	struct bytes data, content;
	int64_t length;
};

enum { REFUSED = -1, NO_MEMORY = -2 };

/* In a thread of the pool. All frames, with their checksums; the content is its own window. */
static void run(struct call *call)
{
	struct job *job = (struct job *)call;
	ZSTD_DCtx *context = ZSTD_createDCtx();
	job->length = NO_MEMORY;
	if (context == NULL)
		return;
	size_t length = ZSTD_decompressDCtx(context, job->content.at, job->content.length, job->data.at, job->data.length);
	job->length = ZSTD_isError(length) ? REFUSED : (int64_t)length;
	ZSTD_freeDCtx(context);
}

/* In the thread that asked: how many bytes came out. */
static napi_value answer(napi_env env, struct call *call, bool ran)
{
	struct job *job = (struct job *)call;
	napi_value length;
	return napi_create_int64(env, ran ? job->length : NO_MEMORY, &length) == napi_ok ? length : NULL;
}

/* decompress(data, content): a promise of how many bytes of `content` were filled, or of what is below 0. */
static napi_value decompress(napi_env env, napi_callback_info info)
{
	napi_value given[2];
	struct job *job = new_call_of(env, info, given, 2, sizeof *job, run, answer);
	if (job == NULL)
		return NULL;
	if (!read_bytes(env, given[0], &job->data, "the data") ||
		!read_bytes(env, given[1], &job->content, "the room for the content"))
		return no_call(&job->call);
	return start_call(env, &job->call, "ooni:decompress", given, 2);
}

bool add_decompress(napi_env env, napi_value exports)
{
	return add_door(env, exports, "decompress", decompress);
}
