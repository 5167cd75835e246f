#!/bin/sh
# Installs what building and testing need on a Debian machine, then the npm dependencies.
# Safe to run again: only what is missing is installed.
set -eu

wanted="nodejs npm gcc g++ make python3 libdeflate-dev libsystemd-dev libzstd-dev ca-certificates openssl git jq zip"
missing=""
for package in $wanted; do
  case $package in
    # A machine may have these from elsewhere.
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    python3) command -v python3 >/dev/null && continue ;;
    ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] && continue ;;
  esac
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $package"
done
# Native modules are compiled against the headers of the node that runs them.
[ -e /usr/include/node/node.h ] || [ -n "${npm_config_nodedir:-}" ] || missing="$missing libnode-dev"
if [ -n "$missing" ]; then
  root=""
  [ "$(id -u)" = 0 ] || root="sudo"
  echo "installing Debian packages:$missing"
  $root apt-get update -qq
  # shellcheck disable=SC2086
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
fi

# The tests of the site file want nginx: its program alone, so that no server is started here.
if [ ! -x /usr/sbin/nginx ] && [ ! -x build/nginx/usr/sbin/nginx ]; then
  mkdir -p build/nginx
  (
    cd build/nginx
    apt-get download -qq nginx
    dpkg-deb -x nginx_*.deb .
  ) || echo 'warning: cannot fetch nginx: the tests of the site file are skipped' >&2
fi

# The tests of pages want a browser, and letters for every language that they are in.
if [ ! -x /usr/bin/chromium ]; then
  root=""
  [ "$(id -u)" = 0 ] || root="sudo"
  {
    $root apt-get update -qq &&
      $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        chromium fonts-noto-core
  } || echo 'warning: cannot install chromium: the tests of pages in a browser are skipped' >&2
fi

major=$(node -p 'process.versions.node.split(".")[0]')
[ "$major" = 20 ] || echo "warning: the programs run on Node 20 (Debian 13); this is Node $major" >&2

[ ! -e /usr/include/node/node.h ] || export npm_config_nodedir="${npm_config_nodedir:-/usr}"
# No package runs code when it is installed, but for the one that has some to compile.
npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=5
npm rebuild --silent sd-notify
# The test runner puts its plugins together once.
node_modules/.bin/tap build >/dev/null
