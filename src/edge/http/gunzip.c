/* Content of one small member of gzip by Debian's libdeflate, in the thread that asks (gunzip.ts, docs/design/gunzip.md). */
#include "../../native/native.h"
#include <libdeflate.h>

/* RFC 1952, 2.2: header and trailer around nothing; the flag of a checksum of the header, which libdeflate does not look at. */
#define LEAST_BYTES 18
#define FLAGS_AT 3
#define FHCRC 0x02

/* All of `data` is one member, and its content fills `content`. */
static bool fill(const struct bytes *data, const struct bytes *content)
{
	size_t read;
	if (data->length < LEAST_BYTES || (data->at[FLAGS_AT] & FHCRC) != 0)
		return false;
	struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
	if (decompressor == NULL)
		return false;
	/* Without a place for its length, it is an error that there is less than was asked for. */
	enum libdeflate_result result = libdeflate_gzip_decompress_ex(
		decompressor, data->at, data->length, content->at, content->length, &read, NULL);
	libdeflate_free_decompressor(decompressor);
	return result == LIBDEFLATE_SUCCESS && read == data->length;
}

/* gunzip(data, content): whether that was so. Of what was not, anything may be in `content`. */
static napi_value gunzip(napi_env env, napi_callback_info info)
{
	napi_value given[2], filled;
	struct bytes data, content;
	size_t count = 2;
	if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok ||
		!read_bytes(env, given[0], &data, "the data") ||
		!read_bytes(env, given[1], &content, "the room for the content"))
		return NULL;
	return napi_get_boolean(env, fill(&data, &content), &filled) == napi_ok ? filled : NULL;
}

bool add_gunzip(napi_env env, napi_value exports)
{
	return add_door(env, exports, "gunzip", gunzip);
}
