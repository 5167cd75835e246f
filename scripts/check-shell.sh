#!/bin/bash
# Every shell script can be read, and no file holds the marks of a conflict that nobody resolved. Part of
# `make check`.
set -u
cd "$(dirname "$0")/.."

wrong=0
others=(--exclude-dir={node_modules,build,dist,vendor,.git,.tap,.run})
while IFS= read -r -d '' file; do
	bash -n "$file" || wrong=1
done < <(
	grep -rIlZ --include='*.sh' "${others[@]}" '' .
	grep -rIlZ --exclude='*.*' "${others[@]}" -E '^#!/bin/(ba)?sh\b' .
	grep -rIlZ "${others[@]}" -E '^#!/bin/(ba)?sh\b' .ci debian
)
if grep -rnIE "${others[@]}" '^(<{7}|>{7})( |$)' .; then wrong=1; fi
[ "$wrong" = 0 ] || echo 'check-shell: see above' >&2
exit "$wrong"
