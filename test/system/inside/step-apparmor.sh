section 'AppArmor'

# What the kernel refused to a program of ours, or would have. A test's own shell in place of a program, in a drop-in, is none, nor
# is libfaketime, which asks for memory to share and does without.
refusals() {
	journalctl -k -b --no-pager -o cat -g 'apparmor="(DENIED|ALLOWED)".*profile="ooni-' |
		grep -v -e 'comm="\(sh\|rm\|touch\)"' -e 'name="/dev/shm/\(sem\.\|faketime\)'
}
nothing_was_refused() {
	! refusals
}
check 'of all that was done until here nothing was refused' nothing_was_refused

label_of() { # PID
	tr -d '\0\n' <"/proc/$1/attr/current"
}
under_profile() { # SERVICE: the first process and its workers
	local main pid
	main=$(main_pid "$1.service")
	for pid in "$main" $(cat "/proc/$main/task/"*/children); do
		equals "$(label_of "$pid")" "$1 (enforce)" || return 1
	done
}
check 'ooni-api runs under its profile' under_profile ooni-api
check 'ooni-fastpath runs under its profile' under_profile ooni-fastpath
doctor_says_so() {
	ooni-doctor | tee "$STATE/doctor" | grep AppArmor
	equals "$(grep -c '^ok  *AppArmor: ooni-[a-z]* runs under its profile' "$STATE/doctor")" 2 && ! grep -q '^FAIL  *AppArmor' "$STATE/doctor"
}
check 'which ooni-doctor says' doctor_says_so

fingerprint_files /srv/published 150
git -C /srv/published init -q
fetches_from() { # SOURCE
	printf '[fetch]\nfingerprints = ["%s"]\n' "$1" >/etc/ooni/api.toml.d/fetch.toml
	# One that its timer has begun reads the settings of before.
	systemctl restart ooni-api-fetch@fingerprints.service && ooni-exec ooni-api fetch --list | grep -F "$1"
}
check 'a folder is fetched from' fetches_from /srv/published
fingerprint_files /srv/published 151
git -C /srv/published add . && git -C /srv/published -c user.name=x -c user.email=x@example.org commit -qm another
check 'and a commit of a repository' fetches_from git:/srv/published#HEAD
rm /etc/ooni/api.toml.d/fetch.toml
check 'tables are looked at' systemctl start ooni-api-migrate.service

# A mail by msmtp, as the service would start it, to a server that is not there: it gets as far as asking for it.
mail_program() {
	printf 'account default\nhost 127.0.0.1\nport 9\nfrom x@example.org\n' >/etc/msmtprc
	aa-exec --profile=ooni-api -- /usr/bin/msmtp -i -t <<<$'To: x@example.org\n\nx' 2>&1 | tee "$STATE/msmtp"
	grep -i 'cannot connect' "$STATE/msmtp"
}
[ ! -x /usr/bin/msmtp ] || check 'msmtp reads its settings and asks its server' mail_program

must 'a measurement is taken' submit https://www.example.org/apparmor
check 'and scored' eventually row_of "$SUBMITTED"
check 'and published into a folder' publish
check 'completely' bash -c "[ -z \"\$(find /var/lib/ooni/spool/incoming -name '*.post')\" ]"
check 'its body is read from the archive' bash -c "curl -sf http://127.0.0.1:8080/api/v1/measurement/$SUBMITTED | grep -q www.example.org/apparmor"
check 'what cannot be scored is put aside' bash -c '
	. /opt/test/lib.sh; broken_measurement 7; eventually test -e "/var/lib/ooni/spool/quarantine/$BROKEN.post.gz"'
check 'a reload of the profiles under running services' bash -c '
	for program in api fastpath uploader; do apparmor_parser --replace /etc/apparmor.d/ooni-$program || exit 1; done'
check 'restarts' systemctl restart ooni-api.service ooni-fastpath.service
check 'a measurement is taken' eventually submit https://www.example.org/apparmor-again
check 'of all this nothing was refused' nothing_was_refused

# What an intruder would, as root: what the mode of a file would not keep from him the profile does.
within() { # PROFILE JAVASCRIPT
	aa-exec --profile="$1" -- /usr/bin/node -e "
		const { readFileSync: read, writeFileSync: write, unlinkSync: unlink, linkSync: link } = require('node:fs');
		const run = (...words) => { const { error } = require('node:child_process').spawnSync(words[0], words.slice(1)); if (error) throw error; };
		const attempts = [$2];
		for (const attempt of attempts) {
			try { attempt(); console.log('done: ' + attempt); process.exitCode = 1; }
			catch (error) { console.log(error.code + ': ' + attempt); if (error.code !== 'EACCES') process.exitCode = 2; }
		}"
}
allowed() { # each of them is done
	within "$@" | tee "$STATE/within"
	grep -q '^done' "$STATE/within" && ! grep -v '^done' "$STATE/within"
}
refused() { # each of them is refused
	within "$@"
}
# That this way of asking gives an answer at all.
check 'ooni-api reads its settings, and starts node' allowed ooni-api "() => read('/etc/ooni/api.toml'), () => run('/usr/bin/node', '-e', '0')"
for profile in ooni-api ooni-api-fetch ooni-api-migrate ooni-fastpath ooni-uploader; do
	check "$profile: no shell, no program, no secret, nothing written where it has no business" refused "$profile" "
		() => run('/bin/sh', '-c', 'true'), () => run('/usr/bin/id'), () => run('/usr/bin/ooni-api', '--version'),
		() => read('/etc/shadow'), () => read('/etc/ooni/tls/privkey.pem'), () => read('/etc/credstore/ooni.clickhouse-password'),
		() => read('/root/.bashrc'), () => read('/var/log/dpkg.log'), () => read('/proc/1/environ'),
		() => write('/etc/ooni/x', ''), () => write('/usr/lib/ooni/x', ''), () => write('/tmp/x.sh', ''), () => write('/var/lib/ooni/x', '')"
done
check 'ooni-api: not the archive, not the key of the log' refused ooni-api "
	() => write('/var/lib/ooni/archive/x', ''), () => read('/var/lib/ooni/uploader/log-key'), () => write('/var/lib/ooni/spool/quarantine/x', '')"
check 'ooni-api-fetch: not the spool' refused ooni-api-fetch "() => read('/var/lib/ooni/spool/pending/x'), () => read('/var/lib/ooni/uploader/log-key')"
check 'ooni-fastpath: not what was accepted' refused ooni-fastpath "
	() => write('/var/lib/ooni/spool/incoming/x', ''), () => read('/var/lib/ooni/uploader/log-key'), () => write('/var/lib/ooni/archive/x', '')"
check 'ooni-uploader: not what waits to be scored' refused ooni-uploader "() => write('/var/lib/ooni/spool/pending/x', '')"
check 'each refusal is said' bash -c "journalctl -k -b --no-pager -o cat -g 'apparmor=\"DENIED\".*profile=\"ooni-(api|uploader)\" name=\"/etc/shadow\"'"
check 'and shown as docs/operate.md says' bash -c 'grep shadow' < <(runbook apparmor-refused)

section 'A path of the host'
# Of root, who has no more rights within a profile than any owner.
mkdir -p /data/cache
printf 'cache_dir = "/data/cache"\n' >/etc/ooni/api.toml.d/cache.toml
cannot_write_there() {
	refused ooni-api "() => write('/data/cache/x', '')" || return 1
	ooni-doctor >"$STATE/doctor"
	grep '^FAIL  AppArmor: the profile ooni-api does not allow /data/cache, which cache_dir names' "$STATE/doctor"
}
check 'is refused, and ooni-doctor says so' cannot_write_there
can_write_there() {
	mkdir -p /etc/systemd/system/ooni-api.service.d
	printf '[Service]\nReadWritePaths=/data/cache\n' >/etc/systemd/system/ooni-api.service.d/cache.conf
	systemctl daemon-reload
	chmod 1777 /data/cache
	runbook apparmor-local && allowed ooni-api "() => write('/data/cache/x', ''), () => unlink('/data/cache/x')" && ! ooni-doctor | grep 'FAIL  AppArmor'
}
check 'until it is allowed as docs/operate.md says' can_write_there
# The folder of the version that is installed, which a step before may have upgraded.
installed_from() {
	local folder version
	version=$(dpkg-query -W -f '${Version}' ooni-api)
	for folder in "$PACKAGES" "$PACKAGES/next"; do
		[ "$(dpkg-deb -f "$folder"/ooni-api_*.deb Version)" != "$version" ] || echo "$folder"
	done
}
installed_with_it() {
	rm /etc/apparmor.d/local/ooni-api
	apt-get -q install --yes --reinstall "$(installed_from)"/ooni-{common,api}_*.deb </dev/null || return 1
	grep -F '"/data/cache{,/,/**}" rwkl,' /etc/apparmor.d/local/ooni-api && allowed ooni-api "() => write('/data/cache/x', ''), () => unlink('/data/cache/x')"
}
check 'or allowed by the package' installed_with_it
rm -r /etc/ooni/api.toml.d/cache.toml /etc/systemd/system/ooni-api.service.d/cache.conf /data
systemctl daemon-reload
systemctl restart ooni-api.service

section 'A profile that only logs'
complains() {
	runbook apparmor-complain </dev/null || return 1
	dpkg --verify ooni-api | tee "$STATE/verify"
	[ ! -s "$STATE/verify" ] && under_profile ooni-api
}
[ ! -x /usr/sbin/aa-complain ] || check 'is enforced again' complains
