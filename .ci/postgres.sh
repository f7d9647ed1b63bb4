# The suites that run on a store in a directory, on a server of their own: contract, model, storms of kills, and those
# tests of the commands that do not look at the store's files. What those are is named here.
set -eu
files='CompactTests|StoreCopyTests|SharingTests|StoreTests|CheckTests|WorkerLifeTests|results are not written into'
files="$files|a result that cannot be|the report says what was slow|what is only reserved is not spent|at the limit a worker ends with 75"
TEST_LIMIT=${TEST_LIMIT:-3600} Q_SEQUENCES=${Q_SEQUENCES:-200} bash .ci/tests.sh --filter PostgresStoreTests
Q_ENGINE=postgres TEST_LIMIT=${TEST_LIMIT:-3600} bash .ci/tests.sh --filter '^CommandTests' \
  --skip "Torture|ManualTests|HelpTests|CompletionTests|Fuzz|StressTests|UsageTests|PlainReader|$files"
