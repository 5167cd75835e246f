#!/bin/sh
# Debian's promtool, installed or taken out of its package: to install prometheus would start it.
set -eu
cd "$(dirname "$0")/.."
tool=$(command -v promtool) || {
  # Beside the Debian roots (deb-lib.sh), made once.
  cache=${OONI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ooni-backend}
  tool=$cache/promtool
  if [ ! -x "$tool" ]; then
    mkdir -p "$cache"
    work=$(mktemp -d "$cache/promtool.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    (
      cd "$work"
      apt-get download -qq prometheus 2>/dev/null || {
        apt-get update -qq
        apt-get download -qq prometheus
      }
      dpkg-deb --fsys-tarfile prometheus_*.deb | tar -xf - ./usr/bin/promtool
    )
    mv "$work/usr/bin/promtool" "$tool"
    rm -rf "$work"
    trap - EXIT
  fi
}
exec "$tool" "$@"
