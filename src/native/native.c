/* What the doors share (native.h). */
#include "native.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *new_call(napi_env env, size_t size, call_run run, call_answer answer)
{
	struct call *call = calloc(1, size);
	if (call == NULL) {
		napi_throw_error(env, "ENOMEM", "no memory for a native call");
		return NULL;
	}
	call->run = run;
	call->answer = answer;
	return call;
}

void *new_call_of(napi_env env, napi_callback_info info, napi_value *given, size_t count, size_t size, call_run run,
	call_answer answer)
{
	if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok)
		return NULL;
	return new_call(env, size, run, answer);
}

napi_value no_call(struct call *call)
{
	free(call);
	return NULL;
}

static void let_go(napi_env env, struct call *call)
{
	for (size_t at = 0; at < call->held_count; at++)
		napi_delete_reference(env, call->held[at]);
	call->held_count = 0;
}

/* In a thread of the pool. */
static void run_call(napi_env env, void *data)
{
	struct call *call = data;
	(void)env;
	call->run(call);
}

/* In the thread that asked. */
static void ended(napi_env env, napi_status status, void *data)
{
	struct call *call = data;
	napi_value result = call->answer(env, call, status == napi_ok);
	if (result != NULL)
		napi_resolve_deferred(env, call->deferred, result);
	let_go(env, call);
	napi_delete_async_work(env, call->work);
	free(call);
}

static bool hold(napi_env env, struct call *call, const napi_value *held, size_t count)
{
	for (size_t at = 0; at < count; at++) {
		if (napi_create_reference(env, held[at], 1, &call->held[at]) != napi_ok)
			return false;
		call->held_count++;
	}
	return true;
}

static bool queue(napi_env env, struct call *call, const char *name, napi_value *promise)
{
	napi_value resource;
	if (napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &resource) != napi_ok ||
		napi_create_async_work(env, NULL, resource, run_call, ended, call, &call->work) != napi_ok)
		return false;
	if (napi_create_promise(env, &call->deferred, promise) == napi_ok &&
		napi_queue_async_work(env, call->work) == napi_ok)
		return true;
	napi_delete_async_work(env, call->work);
	return false;
}

napi_value start_call(napi_env env, struct call *call, const char *name, const napi_value *held, size_t held_count)
{
	napi_value promise = NULL;
	if (held_count <= MAX_HELD && hold(env, call, held, held_count) && queue(env, call, name, &promise))
		return promise;
	let_go(env, call);
	napi_throw_error(env, NULL, "a native call cannot be handed to a thread");
	return no_call(call);
}

bool read_text(napi_env env, napi_value value, char *text, size_t size, const char *what)
{
	char why[64];
	size_t length;
	/* Filled to the last byte, it may have been longer. */
	if (napi_get_value_string_utf8(env, value, text, size, &length) == napi_ok && length > 0 &&
		length < size - 1 && strlen(text) == length)
		return true;
	snprintf(why, sizeof why, "%s is no text of 1 to %zu bytes", what, size - 2);
	napi_throw_type_error(env, "ERR_INVALID_ARG_VALUE", why);
	return false;
}

bool read_bytes(napi_env env, napi_value value, struct bytes *bytes, const char *what)
{
	char why[64];
	bool is_array = false;
	napi_typedarray_type type;
	void *data = NULL;
	if (napi_is_typedarray(env, value, &is_array) == napi_ok && is_array &&
		napi_get_typedarray_info(env, value, &type, &bytes->length, &data, NULL, NULL) == napi_ok &&
		type == napi_uint8_array && (data != NULL || bytes->length == 0)) {
		bytes->at = data;
		return true;
	}
	snprintf(why, sizeof why, "%s is no Uint8Array", what);
	napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", why);
	return false;
}

bool add_door(napi_env env, napi_value exports, const char *name, napi_callback function)
{
	napi_value door;
	return napi_create_function(env, name, NAPI_AUTO_LENGTH, function, NULL, &door) == napi_ok &&
		napi_set_named_property(env, exports, name, door) == napi_ok;
}
