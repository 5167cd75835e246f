/* The native module: the doors of all rooms are put into it here. */
#include "native.h"

/* Of all arguments and answers. nativeModule.ts asks for the one that it knows. */
#define INTERFACE_VERSION 9

NAPI_MODULE_INIT()
{
	napi_value version;
	if (napi_create_int32(env, INTERFACE_VERSION, &version) != napi_ok ||
		napi_set_named_property(env, exports, "interfaceVersion", version) != napi_ok ||
		!add_deposit(env, exports) || !add_decompress(env, exports) || !add_deflate(env, exports) ||
		!add_gunzip(env, exports) || !add_layout(env, exports) || !add_outlines(env, exports) || !add_let_go(env, exports) ||
		!add_unlink(env, exports))
		napi_throw_error(env, NULL, "the module cannot be set up");
	return exports;
}
