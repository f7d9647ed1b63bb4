import QueueCore
import Testing
import Worker

@testable import QueueCommands

@Suite struct ProgressTests {
  private func line(pending: UInt64, done: UInt64, failed: UInt64, rate: Double) -> String {
    var counts = Counts()
    (counts.pending, counts.done, counts.failed) = (pending, done, failed)
    return ProgressLine.text(
      WorkProgress(counts: counts, running: 2, rate: rate, failed: failed))
  }

  @Test func `the line says how far, how fast and how long`() {
    #expect(
      line(pending: 8_766, done: 1_230, failed: 4, rate: 56.2)
        == "1,234/10,000 12%  56/s  ETA 2m 35s  2 running  4 failed")
    #expect(line(pending: 0, done: 5, failed: 0, rate: 1.25) == "5/5 100%  1.3/s  2 running")
  }

  @Test func `what waits for its back-off is said, without a time left`() {
    var counts = Counts()
    (counts.delayed, counts.done) = (4, 6)
    let waiting = WorkProgress(counts: counts, running: 0, rate: 9, failed: 0)
    #expect(ProgressLine.text(waiting) == "6/10 60%  9.0/s  4 waiting to be retried")
    counts.scheduled = 4
    let later = WorkProgress(counts: counts, running: 0, rate: 9, failed: 0)
    #expect(ProgressLine.text(later) == "6/10 60%  9.0/s  4 due later")
  }

  @Test(arguments: [0, 1e-300, 1e-25, Double.leastNonzeroMagnitude])
  func `a rate of almost nothing has no ETA and does no harm`(rate: Double) {
    #expect(line(pending: 1, done: 1, failed: 0, rate: rate) == "1/2 50%  0.0/s  2 running")
  }

  @Test func `programs and logs get lines of their own`() throws {
    let shell = try Shell()
    try shell.run("seq 3 | q-enqueue --quiet")
    let json = try shell.run("q-work --quiet --progress json -j1 -- sh -c 'sleep 0.02'")
    #expect(json.error.hasPrefix(#"{"version":1,"time":"2"#), "\(json)")
    #expect(
      json.error.contains(#""total":3,"running":"#) && json.error.contains(#""eta_seconds":"#))
    try shell.run("seq 4 6 | q-enqueue --quiet")
    let plain = try shell.run("q-work --quiet --progress plain -j1 -- sh -c 'sleep 0.02'")
    #expect(plain.error.hasPrefix("q-work: 3/6 50%  0.0/s"), "\(plain)")
    try shell.run("seq 7 9 | q-enqueue --quiet")
    #expect(try shell.run("q-work --quiet --progress none true").error == "")
    #expect(try shell.run("q-work --progress loud true").status == 64)
  }

  @Test func `the report says what was slow and what to do next`() throws {
    let shell = try Shell()
    try shell.run("seq 8 | q-enqueue --quiet -q 'a.b'")
    let report = try shell.run(
      "q-work -s ./.q -q a.b -j1 --max-attempts 1 -- sh -c '[ $1 = 5 ] && sleep 0.2; [ $1 != 7 ]' sh"
    )
    #expect(report.error.contains("\nslowest: 5 2"), "\(report)")
    #expect(
      report.error.hasSuffix(
        "\nnext: q-list -s ./.q -q a.b failed --long; q-retry -s ./.q -q a.b --all\n"))
    #expect(
      try shell.run("q-retry -s ./.q -q a.b --all --quiet; q-work -q a.b true").error.contains(
        "next") == false)
  }
}
