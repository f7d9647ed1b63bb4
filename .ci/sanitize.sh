# Builds the tests with a sanitizer and runs some of them: sanitize.sh thread|address PATTERN [SKIP].
set -eu
sanitizer=$1 pattern=$2 skip=${3:-nothing is skipped}
scratch=.build-$sanitizer
swift build --build-tests --sanitize "$sanitizer" --scratch-path "$scratch"
# A report ends the process with 66. What lives at its end is no leak: the tests' processes _exit.
export TSAN_OPTIONS="halt_on_error=1 exitcode=66" ASAN_OPTIONS="detect_leaks=0 exitcode=66" NO_COLOR=1
TEST_LIMIT=${TEST_LIMIT:-1200} bash .ci/leaves-nothing.sh \
  "$(swift build --show-bin-path --scratch-path "$scratch")"/queue-directoryPackageTests.xctest \
  --testing-library swift-testing --filter "$pattern" --skip "$skip"
