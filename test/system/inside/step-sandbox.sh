section 'Sandbox'

for unit in ooni-api ooni-fastpath ooni-uploader ooni-api-fetch@fingerprints; do
	check "systemd-analyze security is at 1.5 or lower: $unit" exposure_is_low "$unit.service"
done
check 'systemd finds no fault in the units' bash -c '
	systemd-analyze verify --man=yes /usr/lib/systemd/system/ooni* 2>&1 | tee /dev/stderr | grep -c ooni | grep -x 0'

# What a program that was broken into could do, tried from inside its sandbox.
in_sandbox() { # unit, command
	local pid
	pid=$(main_pid "$1")
	nsenter --target "$pid" --mount --user --setuid "$(id -u "${1%.service}")" --setgid "$(id -g "${1%.service}")" \
		sh -c "$2"
}
refused() {
	! in_sandbox "$@"
}
check 'the api cannot write outside its folders' refused ooni-api.service 'touch /var/lib/ooni/archive/x'
# Root within its mounts: what refuses is the mount, not the mode of the folder.
fastpath_is_kept_out() {
	nsenter --target "$(main_pid ooni-fastpath.service)" --mount \
		touch /var/lib/ooni/spool/incoming/x >"$STATE/touch" 2>&1
	cat "$STATE/touch"
	grep 'Read-only file system' "$STATE/touch"
}
check 'the fastpath cannot delete what was accepted' fastpath_is_kept_out
check 'no capability, no new privileges, a seccomp filter' bash -c '
	for unit in ooni-api ooni-fastpath; do
		status=/proc/$(systemctl show --property MainPID --value $unit.service)/status
		grep -e ^CapEff -e ^NoNewPrivs -e ^Seccomp: $status
		grep -q "^CapEff:.0000000000000000" $status && grep -q "^NoNewPrivs:.1" $status && grep -q "^Seccomp:.2" $status || exit 1
	done'
