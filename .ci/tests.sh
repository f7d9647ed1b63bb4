# Runs all tests as built; ends them when they hang, and shows what hung. The runner is called
# itself where that can be: what `swift test` passes on of its output is late, and lost with it.
# Tests that leave a process behind have failed.
case $(uname -s) in
  Linux)
    NO_COLOR=1 exec bash .ci/leaves-nothing.sh \
      "$(swift build --show-bin-path)"/queue-directoryPackageTests.xctest \
      --testing-library swift-testing "$@" ;;
  *) exec bash .ci/leaves-nothing.sh swift test --disable-xctest --skip-build "$@" ;;
esac
