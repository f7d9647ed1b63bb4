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

  @Test(arguments: [0, 1e-300, 1e-25, Double.leastNonzeroMagnitude])
  func `a rate of almost nothing has no ETA and does no harm`(rate: Double) {
    #expect(line(pending: 1, done: 1, failed: 0, rate: rate) == "1/2 50%  0.0/s  2 running")
  }
}
