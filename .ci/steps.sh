# The steps of a run of all checks: each is shown, timed and counted. Sourced by bash, with `set -uo pipefail`.

passed=0
failed=0
work=$(mktemp -d)
log=$work/step
# What is said of failed steps at the end.
failures=$work/failures
trap 'rm -rf "$work"' EXIT

# step NAME COMMAND...: the counts that the command prints are added; one without any counts as one.
step() {
  local name=$1
  shift
  echo "==== $name"
  local started=$SECONDS code=0 counts="" good="" bad="" said
  "$@" 2>&1 | tee "$log" || code=${PIPESTATUS[0]}
  counts=$(sed -nE 's/^([a-z ]+: )?([0-9]+) passed, ([0-9]+) failed.*/\2 \3/p' "$log" |
    awk '{ good += $1; bad += $2 } END { if (NR > 0) print good, bad }')
  [ -n "$counts" ] ||
    counts=$(sed -nE 's/^# \{ total: [0-9]+, pass: ([0-9]+)(, fail: ([0-9]+))?.*/\1 \3/p' "$log" | tail -1)
  read -r good bad <<<"$counts"
  if [ "$code" -ne 0 ]; then
    bad=$((${bad:-0} > 0 ? bad : 1))
  elif [ -z "$good" ]; then
    good=1
  fi
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-0}))
  said="==== $name: exit code $code after $((SECONDS - started)) s"
  echo "$said"
  [ "${bad:-0}" -eq 0 ] || { echo "$said" && failed_checks "$log"; } >>"$failures"
}

# failed_checks LOG: the checks of a step that failed, with the first lines of what each of them said; where it names none,
# its last lines.
failed_checks() {
  awk '
    { gsub(/\033\[[0-9;?]*[A-Za-z]/, ""); sub(/\r$/, "") }
    /^ *(FAIL|✖|not ok)( |$)/ || /^[a-z-]+ +FAIL( |$)/ { found++; left = 40; print "  " $0; next }
    /^ *ok( |$)/ || /^ *$/ { left = 0 }
    left > 0 { left--; if (shown++ < 60) print "  " $0 }
    { last[NR % 20] = $0 }
    END { if (!found) for (line = NR > 20 ? NR - 19 : 1; line <= NR; line++) print "  " last[line % 20] }
  ' "$1"
}

# beside FUNCTION: begins steps that go on beside others; joined waits for them, shows what they said, and counts.
beside() {
  (
    # The folder is the run's.
    trap - EXIT
    passed=0 failed=0 log=$work/step-beside failures=$work/failures-beside
    "$1"
    echo "$passed $failed" >"$work/counts"
  ) >"$work/said" 2>&1 &
  other=$!
}
joined() {
  wait "$other"
  local code=$? good=0 bad=1
  cat "$work/said"
  if [ -s "$work/counts" ]; then
    read -r good bad <"$work/counts"
  else
    { echo "==== steps beside others ended early: exit code $code" && failed_checks "$work/said"; } >>"$failures"
  fi
  [ ! -e "$work/failures-beside" ] || cat "$work/failures-beside" >>"$failures"
  passed=$((passed + good))
  failed=$((failed + bad))
}

# verdict: what failed, then the totals, which are the last line; fails when anything did.
verdict() {
  [ ! -s "$failures" ] || { echo && echo '==== what failed' && cat "$failures"; }
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
