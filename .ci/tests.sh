# Runs all tests as built; ends them when they hang, and shows what hung. The runner is called
# itself where that can be: what `swift test` passes on of its output is late, and lost with it.
# Tests that leave a process behind have failed.
limit=${TEST_LIMIT:-1500}
run=$$-$RANDOM
case $(uname -s) in
  Linux)
    TEST_RUN=$run NO_COLOR=1 "$(swift build --show-bin-path)"/queue-directoryPackageTests.xctest \
      --testing-library swift-testing "$@" & ;;
  *) swift test --disable-xctest --skip-build "$@" & ;;
esac
tests=$!
(
  for ((waited = 0; waited < limit; waited++)); do
    sleep 1
    kill -0 $tests 2>/dev/null || exit 0
  done
  echo "the tests did not end within $limit s; what runs:" >&2
  ps -eo pid,ppid,stat,etimes,wchan:24,args >&2
  kill -KILL $tests
) &
watch=$!
wait $tests
status=$?
kill $watch 2>/dev/null
wait $watch 2>/dev/null

# What was started by the tests, and by what they started, has the run's name in its environment.
left() { grep -lzx "TEST_RUN=$run" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | paste -sd, ; }
for ((waited = 0; waited < 50; waited++)); do
  [ -n "$(left)" ] || exit $status
  sleep 0.1
done
echo "the tests have left processes behind:" >&2
ps -o pid,ppid,etimes,args -p "$(left)" >&2
exit 1
