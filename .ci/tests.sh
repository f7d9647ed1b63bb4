# Runs all tests as built; ends them when they hang, and shows what hung. The runner is called
# itself where that can be: what `swift test` passes on of its output is late, and lost with it.
limit=${TEST_LIMIT:-1500}
case $(uname -s) in
  Linux)
    NO_COLOR=1 "$(swift build --show-bin-path)"/queue-directoryPackageTests.xctest \
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
wait $tests
