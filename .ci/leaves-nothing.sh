# Runs a command in a TMPDIR of its own. It has failed when something that it started, or what that
# started, is left once it has ended, however it did: that is named, and ended. What is meant has the
# run's name in its environment, or works below that TMPDIR.
limit=${TEST_LIMIT:-2000}
patience=${TEST_PATIENCE:-5}
run=$$-$RANDOM
place=$(realpath "$(mktemp -d "${TMPDIR:-/tmp}/q-tests-XXXXXX")")
chmod 1777 "$place" # some tests are several users

left() {
  {
    grep -lzx "TEST_RUN=$run" /proc/[0-9]*/environ
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$place*"
  } 2>/dev/null | cut -d/ -f3 | sort -un | paste -sd,
}

TEST_RUN=$run TMPDIR=$place "$@" &
command=$!
trap 'kill -KILL $command' INT TERM HUP
(
  for ((waited = 0; waited < limit; waited++)); do
    sleep 1
    kill -0 $command 2>/dev/null || exit 0
  done
  echo "the tests did not end within $limit s; what runs:" >&2
  ps -eo pid,ppid,stat,etimes,wchan:24,args >&2
  kill -KILL $command
) &
watch=$!
wait $command
status=$?
kill $watch 2>/dev/null
wait $watch 2>/dev/null

for ((waited = 0; waited < patience * 10; waited++)); do
  remains=$(left)
  [ -n "$remains" ] || break
  sleep 0.1
done
if [ -n "$remains" ]; then
  echo "the tests have left processes behind:" >&2
  ps -o pid,ppid,etimes,args -p "$remains" >&2
  kill -KILL ${remains//,/ }
  [ $status -ne 0 ] || status=1
fi
[ -n "${Q_KEEP:-}" ] || rm -rf "$place"
exit $status
