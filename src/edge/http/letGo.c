/* Memory of an array that is taken away from it at once, and not when garbage is collected (letGo.ts). */
#include "../../native/native.h"

/* letGo(bytes). */
static napi_value let_go_of(napi_env env, napi_callback_info info)
{
	napi_value given, buffer;
	size_t count = 1, length, offset, whole;
	napi_typedarray_type type;
	struct bytes bytes;
	if (napi_get_cb_info(env, info, &count, &given, NULL, NULL) != napi_ok ||
		!read_bytes(env, given, &bytes, "what is let go"))
		return NULL;
	/* What is behind a part of a buffer may be another's. */
	if (napi_get_typedarray_info(env, given, &type, &length, NULL, &buffer, &offset) == napi_ok && offset == 0 &&
		napi_get_arraybuffer_info(env, buffer, NULL, &whole) == napi_ok && whole == length)
		napi_detach_arraybuffer(env, buffer);
	return NULL;
}

bool add_let_go(napi_env env, napi_value exports)
{
	return add_door(env, exports, "letGo", let_go_of);
}
