#!/bin/sh
# Compiles the native module of the programs: native.sh FILE [flag...].
#
# A checkout has flags of its own; the package build gives Debian's in CFLAGS, CPPFLAGS and LDFLAGS. It is
# bound to Node-API alone, so it needs node's headers and none of its libraries, and runs on every later node.
set -eu
out=$1
shift
# The module, what its doors share, and the file of each.
sources="src/native/module.c src/native/native.c src/edge/spool/deposit/deposit.c src/edge/zstd/decompress.c src/edge/gzip/deflate.c src/edge/http/gunzip.c src/edge/http/letGo.c src/edge/layout/layout.c src/edge/layout/outlines.c src/edge/spool/unlink/unlink.c"
# Debian's own, linked as they are there, so that its security updates reach them.
libraries="-lzstd -ldeflate"
headers=${npm_config_nodedir:-/usr}/include/node
[ -e "$headers/node_api.h" ] || {
	echo "native.sh: $headers/node_api.h is missing: install libnode-dev" >&2
	exit 1
}
# Under another name first, so that a process which has the old one loaded keeps it. Flags are split at blanks.
# shellcheck disable=SC2086
${CC:-cc} ${CPPFLAGS:-} -I"$headers" ${CFLAGS:--O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong} \
	-std=gnu11 -Wall -Wextra -Werror=implicit-function-declaration -fPIC -fvisibility=hidden \
	"-ffile-prefix-map=$PWD=." -shared "$@" \
	-o "$out.new" $sources ${LDFLAGS:--Wl,-z,relro -Wl,-z,now} $libraries
mv "$out.new" "$out"
