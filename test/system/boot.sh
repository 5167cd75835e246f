# Boots a Debian root with systemd as PID 1 and runs commands in it. Sourced.
#
# The container has a network of its own with nothing but loopback: it can't reach anything, and its
# ports are nobody else's.

# boot_root FOLDER ARGUMENT...: starts it; sets NSPAWN_PID.
boot_root() {
	BOOT=("$@")
	root=$1
	shift
	options=(--quiet --directory="$root" --boot --console=read-only --private-network --link-journal=no)
	# Where PID 1 is not systemd there is nothing to register with, and cgroups may be the old kind.
	[ -d /run/systemd/system ] || options+=(--register=no --keep-unit -E SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1)
	setsid bash -c 'own_cgroups; exec systemd-nspawn "$@"' - "${options[@]}" "$@" >"$root.console" 2>&1 </dev/null &
	NSPAWN_PID=$!
	wait_until_booted
}

# Where PID 1 is not systemd nobody gives a container cgroups of its own: two at once would share those of their services, and
# stop each other's. So this process moves into new ones, with what it starts; stop_root takes them away.
own_cgroups() {
	[ ! -d /run/systemd/system ] || return 0
	local controllers path group
	while IFS=: read -r _ controllers path; do
		for group in "/sys/fs/cgroup/${controllers#name=}" /sys/fs/cgroup/unified /sys/fs/cgroup; do
			[ -e "$group/cgroup.procs" ] || continue
			group=${group%/}${path%/}/ooni-$$
			if mkdir "$group" 2>/dev/null; then echo 0 >"$group/cgroup.procs" 2>/dev/null || rmdir "$group"; fi
			break
		done
	done </proc/self/cgroup
}
export -f own_cgroups

# reboot_root: what boot_root started goes down and comes up again, from the same disk.
reboot_root() {
	stop_root
	boot_root "${BOOT[@]}"
}

wait_until_booted() {
	# A slow machine needs long; systemd itself says of each unit when it has waited enough.
	local state end=$((SECONDS + 1200))
	while [ "$SECONDS" -lt "$end" ]; do
		if state=$(inside systemctl is-system-running 2>/dev/null); [ "${state:-}" = running ]; then return; fi
		case ${state:-} in degraded | maintenance) break ;; esac
		kill -0 "$NSPAWN_PID" 2>/dev/null || break
		sleep 0.2
	done
	tail -n 30 "$root.console" >&2
	inside systemctl --failed --no-pager >&2 || true
	die "the container did not boot"
}

# PID 1 of the container, as seen from here; it changes at a reboot.
leader() {
	pgrep -P "$NSPAWN_PID" | head -n 1
}

# inside COMMAND...: runs it in the container as root.
inside() {
	nsenter --target "$(leader)" --mount --uts --ipc --pid --net --cgroup env -i \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
		DEBIAN_FRONTEND=noninteractive "$@"
}

# Ends the container that boot_root started, as a power button would, then for sure.
stop_root() {
	# 0 would be all of this process's own group, and PID 1 its leader.
	[ -n "${NSPAWN_PID:-}" ] || return 0
	if kill -0 "$NSPAWN_PID" 2>/dev/null; then inside systemctl poweroff >/dev/null 2>&1 || true; fi
	# systemd ends on its own what does not stop, after a minute and a half for each unit.
	local end=$((SECONDS + 600))
	while [ "$SECONDS" -lt "$end" ]; do
		kill -0 "$NSPAWN_PID" 2>/dev/null || break
		sleep 0.1
	done
	if kill -0 "$NSPAWN_PID" 2>/dev/null; then kill -KILL "$(leader)" "$NSPAWN_PID" 2>/dev/null || true; fi
	find /sys/fs/cgroup -depth -type d -path "*/ooni-$NSPAWN_PID*" -exec rmdir {} + 2>/dev/null || true
	NSPAWN_PID=
}
