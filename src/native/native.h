/*
 * What the doors of the native module share: reading their arguments, and calls that run whole in one thread of
 * Node's pool. A door is one function that JavaScript calls; it has a C file in the room that uses it, and a
 * reference in JavaScript there which the same tests hold it to. No door has a state between its calls.
 */
#ifndef OONI_NATIVE_H
#define OONI_NATIVE_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrays that one call may read or fill. */
#define MAX_HELD 16

struct call;

/* In a thread of the pool: nothing of JavaScript may be touched. */
typedef void (*call_run)(struct call *call);
/*
 * In the thread that asked: what the promise becomes; NULL when the environment is ending. `ran`: false when
 * it was given up before it began.
 */
typedef napi_value (*call_answer)(napi_env env, struct call *call, bool ran);

/* Begins the struct of a door's own call, which has its arguments and its outcome. */
struct call {
	call_run run;
	call_answer answer;

	/* Of native.c alone. */
	napi_ref held[MAX_HELD];
	size_t held_count;
	napi_deferred deferred;
	napi_async_work work;
};

/*
 * Hands a call to the pool and gives the promise of its answer. It is from new_call(), and is
 * freed when it has ended. `held`: the arguments whose bytes it uses, which are kept until then. NULL when it
 * could not be handed over: an exception is thrown, and the call is freed.
 */
napi_value start_call(napi_env env, struct call *call, const char *name, const napi_value *held, size_t held_count);

/* The same for one that has no memory or arguments that fit: frees it. An exception is thrown already. */
napi_value no_call(struct call *call);

/* A call of `size` bytes, all 0 but for these two; NULL, and an exception is thrown, when there is no memory. */
void *new_call(napi_env env, size_t size, call_run run, call_answer answer);

/* The same for a function of `count` arguments, which it gets into `given`. */
void *new_call_of(napi_env env, napi_callback_info info, napi_value *given, size_t count, size_t size, call_run run,
	call_answer answer);

/* Each reads an argument; false, and an exception is thrown, where it is something else. `what`: its name in that. */

/* Text without NUL, 1 to size - 2 bytes. */
bool read_text(napi_env env, napi_value value, char *text, size_t size, const char *what);

struct bytes {
	uint8_t *at;
	size_t length;
};

/* A Uint8Array. Its bytes stay where they are as long as it is held: JavaScript must not transfer its buffer. */
bool read_bytes(napi_env env, napi_value value, struct bytes *bytes, const char *what);

/* Puts a function into the module. */
bool add_door(napi_env env, napi_value exports, const char *name, napi_callback function);

/* Of each room. */
bool add_deposit(napi_env env, napi_value exports);
bool add_decompress(napi_env env, napi_value exports);
bool add_deflate(napi_env env, napi_value exports);
bool add_gunzip(napi_env env, napi_value exports);
bool add_layout(napi_env env, napi_value exports);
bool add_outlines(napi_env env, napi_value exports);
bool add_let_go(napi_env env, napi_value exports);
bool add_unlink(napi_env env, napi_value exports);

#endif
