#!/bin/sh
# Debian's promtool, installed or taken out of its package: to install prometheus would start it.
set -eu
cd "$(dirname "$0")/.."
tool=$(command -v promtool) || {
  tool=build/promtool/usr/bin/promtool
  if [ ! -x "$tool" ]; then
    mkdir -p build/promtool
    (
      cd build/promtool
      apt-get download -qq prometheus 2>/dev/null || {
        apt-get update -qq
        apt-get download -qq prometheus
      }
      dpkg-deb -x prometheus_*.deb .
      rm prometheus_*.deb
    )
  fi
}
exec "$tool" "$@"
