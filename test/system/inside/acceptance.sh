#!/bin/bash
# The acceptance test, run as root inside a booted Debian 13: operator and probe.
#
# acceptance.sh FOLDER DOCS STEP...: where the packages are (in FOLDER/next a newer version of them), the folder
# docs/, and which of the steps beside this file to do. ClickHouse must be startable as
# clickhouse-server.service. Ends with `N passed, N failed`.
set -uo pipefail
PACKAGES=$1
INSTALL_DOC=$2/install.md
OPERATE_DOC=$2/operate.md
METRICS_DOC=$2/metrics.md
ACCOUNTS_DOC=$2/accounts.md
. "$(dirname "$0")/lib.sh"

shift 2
must 'the steps can be read' bash -c 'for step in "$@"; do bash -n "$step" || exit 1; done' - "$HERE"/*.sh
for STEP in "$@"; do
	STEP_BEGAN=$SECONDS
	. "$HERE/step-$STEP.sh"
	printf '  %d s for %s\n' "$((SECONDS - STEP_BEGAN))" "$STEP"
done
finish
